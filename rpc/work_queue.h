// A fixed number of threads and a bounded queue before them: what a server
// has not admitted costs it nothing but a refusal.
#ifndef RPC_WORK_QUEUE_H_
#define RPC_WORK_QUEUE_H_

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

namespace ashlar::rpc {

// Thread-safe.
class WorkQueue {
 public:
  // Owned by whoever submits it; Run() may destroy it.
  class Task {
   public:
    virtual void Run() = 0;

   protected:
    ~Task() = default;
  };

  // `waiting_max` counts tasks that no thread has begun.
  // REQUIRES: worker_count > 0.
  WorkQueue(size_t worker_count, size_t waiting_max);
  // Runs what still waits, then joins the threads.
  ~WorkQueue();
  WorkQueue(const WorkQueue&) = delete;
  WorkQueue& operator=(const WorkQueue&) = delete;

  // Runs `task` on one of the threads, first come, first served. False, and
  // nothing is kept, where the queue is full.
  [[nodiscard]] bool Submit(Task* task);

  size_t waiting() const;
  size_t waiting_max() const { return waiting_max_; }
  size_t worker_count() const { return threads_.size(); }

 private:
  void Work();
  // Waits for a task without sleeping, for a while.
  void Look();

  const size_t waiting_max_;
  mutable std::mutex mutex_;  // guards all members below
  std::condition_variable changed_;
  std::deque<Task*> waiting_;
  // waiting_.size(), for threads that look before they lock.
  std::atomic<size_t> waiting_count_ = 0;
  // Idle threads that are awake and will look at the queue again. Both count
  // those that have not begun yet, so a new queue takes what it has room for.
  size_t looking_;
  size_t idle_;
  bool closing_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace ashlar::rpc

#endif  // RPC_WORK_QUEUE_H_
