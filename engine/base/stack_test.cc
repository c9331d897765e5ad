#include "engine/base/stack.h"

#include <memory>
#include <memory_resource>
#include <vector>

#include "gtest/gtest.h"

namespace ashlar::base {
namespace {

// Counts what is taken from it, and gives nothing back before its end.
class Counting : public std::pmr::memory_resource {
 public:
  int taken = 0;

 private:
  void* do_allocate(size_t size, size_t alignment) override {
    ++taken;
    return memory_.allocate(size, alignment);
  }
  void do_deallocate(void*, size_t, size_t) override {}
  bool do_is_equal(const memory_resource& other) const noexcept override {
    return this == &other;
  }
  std::pmr::monotonic_buffer_resource memory_;
};

class StackTest : public ::testing::Test {
 protected:
  Counting memory_;
  Stack<std::unique_ptr<int>> stack_{&memory_};
};

TEST_F(StackTest, LastInFirstOut) {
  EXPECT_TRUE(stack_.empty());
  for (int i = 0; i < 100; ++i) stack_.Push(std::make_unique<int>(i));
  EXPECT_EQ(stack_.size(), 100u);
  EXPECT_EQ(*stack_[7], 7);
  int next = 0;
  for (const auto& element : stack_) EXPECT_EQ(*element, next++);
  EXPECT_EQ(next, 100);
  for (int i = 99; i >= 0; --i) {
    EXPECT_EQ(*stack_.back(), i);
    EXPECT_EQ(*stack_.Pop(), i);
  }
  EXPECT_TRUE(stack_.empty());
  EXPECT_TRUE(stack_.begin() == stack_.end());
}

TEST_F(StackTest, ElementsStayWhereTheyAre) {
  stack_.Push(std::make_unique<int>(0));
  const std::unique_ptr<int>* const first = &stack_.back();
  for (int i = 1; i < 1000; ++i) stack_.Push(std::make_unique<int>(i));
  EXPECT_EQ(&stack_[0], first);
}

TEST_F(StackTest, WhatIsPoppedIsLetGo) {
  const auto shared = std::make_shared<int>(1);
  Stack<std::shared_ptr<int>> stack(&memory_);
  stack.Push(shared);
  EXPECT_EQ(shared.use_count(), 2);
  stack.Pop();
  EXPECT_EQ(shared.use_count(), 1);
}

TEST_F(StackTest, TakesMemoryForTheMostElementsOnly) {
  for (int i = 0; i < 500; ++i) stack_.Push(nullptr);
  const int taken = memory_.taken;
  for (int round = 0; round < 100; ++round) {
    while (!stack_.empty()) stack_.Pop();
    while (stack_.size() < 500) stack_.Push(nullptr);
  }
  EXPECT_EQ(memory_.taken, taken);
}

}  // namespace
}  // namespace ashlar::base
