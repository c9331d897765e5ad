// Writes the golden corpus as this build executes it.
#include <cstdio>
#include <fstream>
#include <string>

#include "tests/golden/corpus.h"
#include "tests/seal/chain.h"

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: make_golden TOKEN.wasm NAME.rec\n");
    return 2;
  }
  const std::string corpus =
      ashlar::testing::MakeCorpus(ashlar::testing::ReadFile(argv[1]));
  std::ofstream file(argv[2], std::ios::binary);
  file << corpus;
  file.close();
  return file.fail() ? 3 : 0;
}
