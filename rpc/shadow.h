// Executes a part of what the server executes once more, by the naive
// implementation and after the answer was sent: a bug of the engine is found by
// what real contracts do, before another node finds it.
#ifndef RPC_SHADOW_H_
#define RPC_SHADOW_H_

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "absl/strings/string_view.h"
#include "engine/base/bytes.h"
#include "engine/engine.h"

namespace ashlar::rpc {

struct ShadowOptions {
  engine::Engine* engine = nullptr;  // outlives the shadow
  // Of 100 executions, those that are executed again. 0 to 100.
  uint32_t percent = 0;
  // Records that may wait; more are dropped.
  size_t waiting_max = 64;
  uint64_t waiting_bytes_max = uint64_t{64} << 20;
  // An execution that used more fuel is skipped.
  uint64_t fuel_max = 20'000'000;
  // Told of each mismatch, on the shadow's thread: what differs, and the
  // record, which `ashlar replay` takes.
  std::function<void(absl::string_view reason, const base::Bytes& record)>
      on_mismatch = {};
};

// Thread-safe.
class Shadow {
 public:
  explicit Shadow(ShadowOptions options);
  // Drops what still waits.
  ~Shadow();
  Shadow(const Shadow&) = delete;
  Shadow& operator=(const Shadow&) = delete;

  // Whether this execution is one of those to submit; evenly spread.
  bool Wants();
  // A file of one record. Never waits.
  void Submit(base::Bytes record);
  // Waits until nothing is waiting or running.
  void Finish();

  uint64_t executions() const { return executions_; }
  uint64_t mismatches() const { return mismatches_; }
  // Those that the naive implementation cannot execute, and those that were
  // dropped because too many were waiting.
  uint64_t skipped() const { return skipped_; }
  uint64_t dropped() const { return dropped_; }

 private:
  void Work();
  void Check(const base::Bytes& record);

  const ShadowOptions options_;
  std::atomic<uint64_t> seen_ = 0;
  std::atomic<uint64_t> executions_ = 0;
  std::atomic<uint64_t> mismatches_ = 0;
  std::atomic<uint64_t> skipped_ = 0;
  std::atomic<uint64_t> dropped_ = 0;
  std::mutex mutex_;  // guards all below
  std::condition_variable changed_;
  std::deque<base::Bytes> waiting_;
  uint64_t waiting_bytes_ = 0;  // of waiting_
  bool is_busy_ = false;
  bool is_closing_ = false;
  std::thread thread_;
};

}  // namespace ashlar::rpc

#endif  // RPC_SHADOW_H_
