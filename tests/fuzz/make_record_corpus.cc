// Writes the bodies of the replay tests' records to a folder, as inputs for
// the fuzz target `record`.
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "replay/archive.h"
#include "tests/replay/cases.h"
#include "tests/seal/chain.h"

int main(int argc, char** argv) {
  using namespace ashlar;  // NOLINT: main has no namespace
  if (argc != 2) {
    std::fprintf(stderr, "usage: make_record_corpus FOLDER\n");
    return 2;
  }
  for (const testing::Case& one : testing::Cases()) {
    testing::Chain chain;
    const auto archive =
        replay::Archive::Parse(testing::RecordOf(&chain, one.prepare(chain)));
    CHECK(archive.ok());
    const absl::string_view body = archive->body(0);
    std::string name = one.name;
    std::replace(name.begin(), name.end(), ' ', '-');
    std::ofstream(absl::StrCat(argv[1], "/", name), std::ios::binary)
        .write(body.data(), static_cast<std::streamsize>(body.size()));
  }
  return 0;
}
