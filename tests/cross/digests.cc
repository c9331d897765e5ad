// Executes records and generated programs in every way, and prints a digest for
// each way and one over all: builds by other compilers and for other machines
// must print the same.
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "tests/cross/matrix.h"

namespace ashlar::testing {
namespace {

#if defined(__aarch64__)
constexpr char kMachine[] = "aarch64";
#elif defined(__x86_64__)
constexpr char kMachine[] = "x86-64";
#else
constexpr char kMachine[] = "another machine";
#endif
#if defined(__clang__)
constexpr char kCompiler[] = "clang " __clang_version__;
#else
constexpr char kCompiler[] = "gcc " __VERSION__;
#endif

int Main(int argc, char** argv) {
  uint64_t counts[3] = {};  // programs, modules, threads
  for (int i = 0; i < 3; ++i) {
    if (argc > 3 && absl::SimpleAtoi(argv[1 + i], &counts[i])) continue;
    std::fprintf(stderr, "usage: digests PROGRAMS MODULES THREADS [RECORDS]\n");
    return 2;
  }
  Matrix matrix;
  for (int i = 4; i < argc; ++i) {
    std::ifstream file(argv[i], std::ios::binary);
    if (!file) {
      std::fprintf(stderr, "%s cannot be read\n", argv[i]);
      return 2;
    }
    matrix.AddRecords(std::string(std::istreambuf_iterator<char>(file), {}));
  }
  matrix.AddContracts(counts[0]);
  std::vector<std::string> wrong;
  std::vector<ModeDigest> lines = matrix.Run(counts[2], &wrong);
  lines.push_back(RunModules(counts[1]));
  lines.push_back(RunMaxima());
  std::printf("build      %s, %s%s\n", kMachine, kCompiler,
#ifdef __OPTIMIZE__
              ""
#else
              ", not optimised"
#endif
  );
  for (const ModeDigest& line : lines) {
    std::printf("%-10s %8llu %s\n", line.mode.c_str(),
                static_cast<unsigned long long>(line.executions),
                line.digest.ToHex().c_str());
  }
  std::printf("total      %s\n", Total(lines).ToHex().c_str());
  for (const std::string& text : wrong) {
    std::fprintf(stderr, "%s\n", text.c_str());
  }
  return wrong.empty() ? 0 : 1;
}

}  // namespace
}  // namespace ashlar::testing

int main(int argc, char** argv) { return ashlar::testing::Main(argc, argv); }
