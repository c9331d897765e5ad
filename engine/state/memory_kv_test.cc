#include "engine/state/memory_kv.h"

#include <map>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "engine/state/kv.h"
#include "gtest/gtest.h"

namespace ashlar::state {
namespace {

using Map = std::map<std::string, std::string>;

Map All(KvView& view) {
  Map all;
  std::string from;
  while (std::optional<KvPair> pair = view.Seek(from, "").value()) {
    from = pair->key + '\0';
    all[pair->key] = pair->value;
  }
  return all;
}

TEST(MemoryKvTest, SeekStopsAtThePrefix) {
  auto kv = NewMemoryKv();
  KvBatch batch;
  batch.Put("a", "1");
  batch.Put("ab", "2");
  batch.Put("b", "3");
  ASSERT_TRUE(kv->Write(batch).ok());
  auto view = kv->View().value();
  EXPECT_EQ(view->Seek("a", "a").value()->key, "a");
  EXPECT_EQ(view->Seek("aa", "a").value()->key, "ab");
  EXPECT_EQ(view->Seek("ac", "a").value(), std::nullopt);
  EXPECT_EQ(view->Seek("c", "").value(), std::nullopt);
  EXPECT_EQ(view->Get("ab").value(), "2");
  EXPECT_EQ(view->Get("aa").value(), std::nullopt);
}

TEST(MemoryKvTest, LaterChangesOfABatchWin) {
  auto kv = NewMemoryKv();
  KvBatch batch;
  batch.Put("a", "1");
  batch.Delete("a");
  batch.Delete("b");
  batch.Put("b", "2");
  ASSERT_TRUE(kv->Write(batch).ok());
  EXPECT_EQ(All(*kv->View().value()), (Map{{"b", "2"}}));
}

// Views against copies, with writes between them and views that end in any
// order.
TEST(MemoryKvTest, ViewsStandStill) {
  std::mt19937 random(1);
  auto kv = NewMemoryKv();
  Map now;
  std::vector<std::pair<std::unique_ptr<KvView>, Map>> views;
  for (int step = 0; step < 2000; ++step) {
    const uint32_t action = random() % 10;
    if (action < 6) {
      KvBatch batch;
      for (int i = 0; i < 3; ++i) {
        const std::string key(1, static_cast<char>('a' + random() % 8));
        if (random() % 2 == 0) {
          batch.Delete(key);
          now.erase(key);
        } else {
          now[key] = std::to_string(step);
          batch.Put(key, now[key]);
        }
      }
      ASSERT_TRUE(kv->Write(batch).ok());
    } else if (action < 8) {
      views.push_back({kv->View().value(), now});
    } else if (!views.empty()) {
      std::swap(views[random() % views.size()], views.back());
      views.pop_back();
    }
    for (auto& [view, copy] : views) ASSERT_EQ(All(*view), copy) << step;
    ASSERT_EQ(All(*kv->View().value()), now) << step;
  }
}

}  // namespace
}  // namespace ashlar::state
