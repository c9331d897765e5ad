#include "rpc/work_queue.h"

#include "engine/base/check.h"

namespace ashlar::rpc {
namespace {

// To wake a thread that sleeps takes longer than most calls do, so a thread
// that runs out of tasks looks for another one for some ten microseconds.
constexpr int kLooks = 1000;

inline void Pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

}  // namespace

WorkQueue::WorkQueue(size_t worker_count, size_t waiting_max)
    : waiting_max_(waiting_max), looking_(worker_count), idle_(worker_count) {
  CHECK(worker_count > 0);
  threads_.reserve(worker_count);
  for (size_t i = 0; i < worker_count; ++i) {
    threads_.emplace_back([this] { Work(); });
  }
}

WorkQueue::~WorkQueue() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    closing_ = true;
    changed_.notify_all();
  }
  for (std::thread& thread : threads_) thread.join();
}

bool WorkQueue::Submit(Task* task) {
  const std::lock_guard<std::mutex> lock(mutex_);
  // A task that an idle thread takes at once does not wait, so a queue of 0
  // still lets every thread be used.
  if (waiting_.size() >= waiting_max_ + idle_) return false;
  waiting_.push_back(task);
  waiting_count_.store(waiting_.size(), std::memory_order_relaxed);
  if (waiting_.size() > looking_) changed_.notify_one();
  return true;
}

size_t WorkQueue::waiting() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return waiting_.size();
}

void WorkQueue::Look() {
  for (int i = 0; i < kLooks; ++i) {
    if (waiting_count_.load(std::memory_order_relaxed) > 0) return;
    Pause();
  }
}

void WorkQueue::Work() {
  while (true) {
    Look();
    Task* task = nullptr;
    {
      std::unique_lock<std::mutex> lock(mutex_);
      --looking_;
      changed_.wait(lock, [this] { return !waiting_.empty() || closing_; });
      --idle_;
      if (waiting_.empty()) return;
      task = waiting_.front();
      waiting_.pop_front();
      waiting_count_.store(waiting_.size(), std::memory_order_relaxed);
    }
    task->Run();
    const std::lock_guard<std::mutex> lock(mutex_);
    ++idle_;
    ++looking_;
  }
}

}  // namespace ashlar::rpc
