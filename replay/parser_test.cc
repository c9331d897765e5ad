#include "replay/parser.h"

#include <string>

#include "engine/base/serial.h"
#include "gtest/gtest.h"

namespace ashlar::replay {
namespace {

TEST(Parser, ReadsAndKnowsWhereItIs) {
  base::Writer w;
  w.U8(1);
  w.U32(2);
  w.U64(3);
  w.U128(4);
  w.Bytes("five");
  w.Count(1);
  w.U8(6);
  w.Raw("raw");
  Parser p(w.data(), 100);
  EXPECT_TRUE(p.Bool("a"));
  EXPECT_EQ(p.U32("b"), 2u);
  EXPECT_EQ(p.offset(), 105u);
  EXPECT_EQ(p.U64("c"), 3u);
  EXPECT_EQ(p.U128("d"), 4u);
  EXPECT_EQ(p.Bytes("e"), "five");
  EXPECT_EQ(p.Count(1, "f"), 1u);
  EXPECT_EQ(p.Choice(5, 6, "g"), 6);
  EXPECT_EQ(p.Raw(3, "h"), "raw");
  p.End("the test");
  EXPECT_TRUE(p.ok()) << p.status();
}

TEST(Parser, TheFirstFailureHolds) {
  Parser p(absl::string_view("\x02\x00\x00", 3), 10);
  EXPECT_FALSE(p.Bool("flag"));
  EXPECT_EQ(p.status().message(), "byte 10: flag is 2, not 0 to 1");
  EXPECT_EQ(p.U8("more"), 0);
  EXPECT_EQ(p.Bytes("more"), "");
  EXPECT_EQ(p.Count(1, "more"), 0u);
  p.End("x");
  p.Refuse(0, "y");
  EXPECT_EQ(p.status().message(), "byte 10: flag is 2, not 0 to 1");
}

TEST(Parser, WhatIsCutShort) {
  Parser p(absl::string_view("\x01\x02\x03\x04\x05", 5), 7);
  EXPECT_EQ(p.U8("a"), 1);
  EXPECT_EQ(p.U64("b"), 0u);
  EXPECT_EQ(p.status().message(), "byte 8: b does not fit into what is left");
  Parser q("x", 0);
  q.End("the test");
  EXPECT_EQ(q.status().message(), "byte 0: bytes behind the end of the test");
  // A count that the rest cannot hold.
  Parser r(absl::string_view("\x02\x00\x00\x00xxx", 7), 0);
  EXPECT_EQ(r.Count(2, "items"), 0u);
  EXPECT_FALSE(r.ok());
}

}  // namespace
}  // namespace ashlar::replay
