// Times of repeated work: the minimum and the median, in nanoseconds.
#ifndef CLI_TIMING_H_
#define CLI_TIMING_H_

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <vector>

namespace ashlar::cli {

class Timing {
 public:
  // Runs `work` once and takes its time.
  template <typename Work>
  void Measure(Work&& work) {
    const auto begin = std::chrono::steady_clock::now();
    work();
    const auto end = std::chrono::steady_clock::now();
    times_ns_.push_back(static_cast<uint64_t>(
        std::chrono::duration_cast<std::chrono::nanoseconds>(end - begin)
            .count()));
  }

  // REQUIRES: something was measured.
  uint64_t min_ns() const {
    return *std::min_element(times_ns_.begin(), times_ns_.end());
  }
  // The upper one of two middle times.
  uint64_t median_ns() const {
    std::vector<uint64_t> sorted = times_ns_;
    const auto middle = sorted.begin() + sorted.size() / 2;
    std::nth_element(sorted.begin(), middle, sorted.end());
    return *middle;
  }

 private:
  std::vector<uint64_t> times_ns_;
};

}  // namespace ashlar::cli

#endif  // CLI_TIMING_H_
