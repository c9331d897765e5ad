// Prints engine/wasm/OPCODES.md.
#include <cstdio>
#include <string>

#include "engine/wasm/opcode_page.h"

int main() {
  const std::string page = ashlar::wasm::OpcodePage();
  return std::fwrite(page.data(), 1, page.size(), stdout) == page.size() ? 0
                                                                         : 1;
}
