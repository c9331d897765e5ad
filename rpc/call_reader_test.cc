#include "rpc/call_reader.h"

#include <memory>
#include <string>

#include "engine/base/hash.h"
#include "engine/state/inline_state.h"
#include "engine/state/memory_store.h"
#include "engine/state/reader.h"
#include "engine/state/store.h"
#include "gtest/gtest.h"
#include "rpc/convert.h"

namespace ashlar::rpc {
namespace {

using state::Found;

class CallReaderTest : public ::testing::Test {
 protected:
  CallReaderTest() {
    inline_.missing_keys = state::MissingKeys::kAbsent;
    in_request_ = inline_.entries.AddModule("in the request");
    stored_ = *store_->PutModule("stored");
    stated_absent_ = base::Blake2b256("stated to be absent");
    inline_.absent_modules.insert(stated_absent_);
  }

  const std::unique_ptr<state::VersionedStore> store_ = state::NewMemoryStore();
  InlineState inline_;
  base::Hash256 in_request_, stored_, stated_absent_;
  const base::Hash256 nowhere_ = base::Blake2b256("nowhere");
};

Found FoundBy(CallReader* reader, const base::Hash256& hash) {
  const auto result = reader->Module(hash);
  EXPECT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->bytes != nullptr, result->found == Found::kPresent);
  return result->found;
}

// What a server happens to hold must not turn a module that is absent on one
// server into one that is present on another: it is asked for instead.
TEST_F(CallReaderTest, InlineModulesAreNeverAssumedAbsent) {
  CallReader reader(&inline_.entries, &inline_, store_.get(),
                    CallReader::Missing::kUnknown);
  EXPECT_EQ(FoundBy(&reader, in_request_), Found::kPresent);
  EXPECT_EQ(FoundBy(&reader, stored_), Found::kPresent);
  EXPECT_EQ(FoundBy(&reader, stated_absent_), Found::kAbsent);
  EXPECT_EQ(FoundBy(&reader, nowhere_), Found::kUnknown);
}

TEST_F(CallReaderTest, WhatTheRequestSaysIsAbsentIsAbsent) {
  inline_.absent_modules.insert(stored_);
  CallReader reader(&inline_.entries, &inline_, store_.get(),
                    CallReader::Missing::kUnknown);
  EXPECT_EQ(FoundBy(&reader, stored_), Found::kAbsent);
}

TEST_F(CallReaderTest, WithoutStateOnlyTheOwnModuleExists) {
  state::InlineState empty(state::MissingKeys::kAbsent);
  CallReader reader(&empty, nullptr, nullptr, CallReader::Missing::kAbsent);
  const base::Hash256 own = base::Blake2b256("own");
  EXPECT_EQ(FoundBy(&reader, own), Found::kAbsent);
  reader.SetOwnModule(own, std::make_shared<const base::Bytes>("own"));
  EXPECT_EQ(FoundBy(&reader, own), Found::kPresent);
  EXPECT_EQ(FoundBy(&reader, stored_), Found::kAbsent);
}

TEST_F(CallReaderTest, TheStoreKnowsAllModules) {
  state::InlineState empty(state::MissingKeys::kAbsent);
  CallReader reader(&empty, nullptr, store_.get(),
                    CallReader::Missing::kAbsent);
  EXPECT_EQ(FoundBy(&reader, stored_), Found::kPresent);
  EXPECT_EQ(FoundBy(&reader, nowhere_), Found::kAbsent);
}

}  // namespace
}  // namespace ashlar::rpc
