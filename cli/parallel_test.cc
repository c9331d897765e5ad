#include "cli/parallel.h"

#include <atomic>
#include <vector>

#include "gtest/gtest.h"

namespace ashlar::cli {
namespace {

TEST(ForEachInParallel, DoesEveryItemOnce) {
  for (size_t jobs : {1, 2, 7}) {
    for (size_t count : {0, 1, 16, 17, 1000}) {
      std::vector<std::atomic<int>> done(count);
      Progress progress(count);
      ForEachInParallel(count, jobs, &progress, [&](size_t i) { ++done[i]; });
      for (const std::atomic<int>& times : done) EXPECT_EQ(times, 1);
    }
  }
  EXPECT_GE(ProcessorCount(), 1u);
}

}  // namespace
}  // namespace ashlar::cli
