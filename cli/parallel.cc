#include "cli/parallel.h"

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

namespace ashlar::cli {
namespace {

// Items that a thread takes at a time, so that the counter is no bottleneck.
constexpr size_t kBatch = 16;

}  // namespace

size_t ProcessorCount() {
  return std::max<size_t>(1, std::thread::hardware_concurrency());
}

void ForEachInParallel(size_t count, size_t jobs, Progress* progress,
                       absl::FunctionRef<void(size_t)> work) {
  std::atomic<size_t> next = 0;
  const auto run = [&](bool shows) {
    while (true) {
      const size_t begin = next.fetch_add(kBatch);
      if (begin >= count) return;
      if (shows) progress->At(begin, "");
      const size_t end = std::min(count, begin + kBatch);
      for (size_t i = begin; i < end; ++i) work(i);
    }
  };
  const size_t batches = (count + kBatch - 1) / kBatch;
  std::vector<std::thread> threads;
  for (size_t i = 1; i < std::min(jobs, batches); ++i) {
    threads.emplace_back(run, false);
  }
  run(true);
  for (std::thread& thread : threads) thread.join();
  progress->Clear();
}

}  // namespace ashlar::cli
