// What fuzz targets say of their inputs.
#ifndef TESTS_FUZZ_EXPECT_H_
#define TESTS_FUZZ_EXPECT_H_

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

// libFuzzer's entry; replay_main.cc calls it, too.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace ashlar::testing {

// Ends the process with the text, which is how a fuzz target fails, unless it
// is empty.
inline void ExpectNothing(const std::string& what) {
  if (what.empty()) return;
  std::fprintf(stderr, "%s\n", what.c_str());
  std::abort();
}
inline void Expect(bool holds, const char* what) {
  if (!holds) ExpectNothing(what);
}

}  // namespace ashlar::testing

#endif  // TESTS_FUZZ_EXPECT_H_
