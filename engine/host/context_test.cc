#include "engine/host/context.h"

#include <iterator>
#include <string>

#include "gtest/gtest.h"

namespace ashlar::host {
namespace {

TEST(Context, RemembersWhatWasRead) {
  BlockContext block;
  block.timestamp_ms = 5;
  TrackedContext context(&block);
  EXPECT_FALSE(context.was_read(ContextField::k_timestamp_ms));
  EXPECT_EQ(context.timestamp_ms(), 5u);
  EXPECT_TRUE(context.was_read(ContextField::k_timestamp_ms));
  EXPECT_FALSE(context.was_read(ContextField::k_number));
}

TEST(Context, FieldsAreWrittenInTheirWidths) {
  const size_t sizes[] = {8, 8, 32, 16, 16, 8, 1, 1};
  ASSERT_EQ(std::size(sizes), static_cast<size_t>(ContextField::kCount));
  for (size_t i = 0; i < std::size(sizes); ++i) {
    base::Writer writer;
    WriteContextField({}, static_cast<ContextField>(i), &writer);
    EXPECT_EQ(writer.data().size(), sizes[i])
        << std::string(ContextFieldName(static_cast<ContextField>(i)));
  }
}

}  // namespace
}  // namespace ashlar::host
