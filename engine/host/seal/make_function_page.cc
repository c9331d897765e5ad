// Prints engine/host/seal/HOST_FUNCTIONS.md.
#include <cstdio>
#include <string>

#include "engine/host/seal/function_page.h"

int main() {
  const std::string page = ashlar::host::SealFunctionPage();
  return std::fwrite(page.data(), 1, page.size(), stdout) == page.size() ? 0
                                                                         : 1;
}
