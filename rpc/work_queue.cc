#include "rpc/work_queue.h"

#include "engine/base/check.h"

namespace ashlar::rpc {

WorkQueue::WorkQueue(size_t worker_count, size_t waiting_max)
    : waiting_max_(waiting_max) {
  CHECK(worker_count > 0);
  threads_.reserve(worker_count);
  for (size_t i = 0; i < worker_count; ++i) {
    threads_.emplace_back([this] { Work(); });
  }
}

WorkQueue::~WorkQueue() {
  {
    absl::MutexLock lock(&mutex_);
    closing_ = true;
    changed_.SignalAll();
  }
  for (std::thread& thread : threads_) thread.join();
}

bool WorkQueue::Submit(Task* task) {
  absl::MutexLock lock(&mutex_);
  // A task that an idle thread takes at once does not wait, so a queue of 0
  // still lets every thread be used.
  if (waiting_.size() >= waiting_max_ + idle_) return false;
  waiting_.push_back(task);
  changed_.Signal();
  return true;
}

size_t WorkQueue::waiting() const {
  absl::MutexLock lock(&mutex_);
  return waiting_.size();
}

void WorkQueue::Work() {
  while (true) {
    Task* task = nullptr;
    {
      absl::MutexLock lock(&mutex_);
      ++idle_;
      while (waiting_.empty() && !closing_) changed_.Wait(&mutex_);
      --idle_;
      if (waiting_.empty()) return;
      task = waiting_.front();
      waiting_.pop_front();
    }
    task->Run();
  }
}

}  // namespace ashlar::rpc
