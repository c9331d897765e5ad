// A stack whose elements stay where they are, for memory that is given back
// only as a whole.
#ifndef ENGINE_BASE_STACK_H_
#define ENGINE_BASE_STACK_H_

#include <cstddef>
#include <deque>
#include <memory_resource>
#include <utility>

namespace ashlar::base {

// Takes as much from `memory` as the most elements it ever held need. An
// element's address is its own until it is popped. Not thread-safe.
template <typename T>
class Stack {
 public:
  // `memory` outlives the stack.
  explicit Stack(std::pmr::memory_resource* memory) : slots_(memory) {}
  Stack(const Stack&) = delete;
  Stack& operator=(const Stack&) = delete;

  bool empty() const { return size_ == 0; }
  size_t size() const { return size_; }
  // REQUIRES: i < size().
  T& operator[](size_t i) { return slots_[i]; }
  const T& operator[](size_t i) const { return slots_[i]; }
  // REQUIRES: !empty().
  T& back() { return slots_[size_ - 1]; }
  const T& back() const { return slots_[size_ - 1]; }
  auto begin() const { return slots_.begin(); }
  auto end() const {
    return slots_.begin() + static_cast<std::ptrdiff_t>(size_);
  }

  void Push(T value) {
    if (size_ == slots_.size()) {
      slots_.push_back(std::move(value));
    } else {
      slots_[size_] = std::move(value);
    }
    ++size_;
  }
  // What was on top. REQUIRES: !empty().
  T Pop() { return std::exchange(slots_[--size_], T()); }

 private:
  std::pmr::deque<T> slots_;  // those from size_ on hold T()
  size_t size_ = 0;
};

}  // namespace ashlar::base

#endif  // ENGINE_BASE_STACK_H_
