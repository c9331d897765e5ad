#include "metering/schedule.h"

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "engine/base/hash.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace ashlar::metering {
namespace {

using ::testing::HasSubstr;

constexpr uint64_t kStrictBodySize = 128 << 10;
constexpr uint64_t kRelaxedBodySize = 8 << 20;

std::string Message(const absl::Status& status) {
  return std::string(status.message().data(), status.message().size());
}

// The error of parsing ashlar-1's text with a replacement.
std::string ErrorOf(absl::string_view from, absl::string_view to) {
  const std::string text =
      absl::StrReplaceAll(FormatSchedule(Ashlar1()), {{from, to}});
  return Message(ParseSchedule(text).status());
}

TEST(ScheduleTest, Ashlar1HasTheDesignedPrices) {
  const Schedule& s = Ashlar1();
  EXPECT_EQ(s.name, "ashlar-1");
  EXPECT_EQ(s.price(CostClass::kMarker), 0u);
  EXPECT_EQ(s.price(CostClass::kDiv), 8u);
  EXPECT_EQ(s.price(CostClass::kCallIndirect), 12u);
  EXPECT_EQ(s.price(CostClass::kTable), 8u);
  EXPECT_EQ(s.memory_grow_page, 1024u);
  EXPECT_EQ(s.compile_base, 500u);
}

// Pins every name and price. The schedules are frozen: these values may never
// change, because history replays under them; another price is another
// schedule.
TEST(ScheduleTest, DigestsAreGolden) {
  EXPECT_EQ(Digest(Ashlar1()).ToHex(),
            "3db0c10058b68d85b4692cf077e0b9422dcfbb1011e60a20008645df3fcafb5f");
  EXPECT_EQ(Digest(Ashlar1Wide()).ToHex(),
            "a12959a45e44bf8111c69d31a27bd138679a0d2e702d97ad66a12da2e9a3a524");
}

TEST(ScheduleTest, Ashlar1WideDiffersInLoadsAndStoresAlone) {
  Schedule s = Ashlar1Wide();
  EXPECT_EQ(s.price(CostClass::kLoad), 64u);
  EXPECT_EQ(s.price(CostClass::kStore), 6u);
  s.name = Ashlar1().name;
  for (const CostClass c : {CostClass::kLoad, CostClass::kStore}) {
    s.class_price[static_cast<int>(c)] =
        Ashlar1().class_price[static_cast<int>(c)];
  }
  EXPECT_EQ(s, Ashlar1());
}

TEST(ScheduleTest, DigestCoversPricesAndUnitsButNotTheName) {
  const base::Hash256 digest = Digest(Ashlar1());
  for (int i = 0; i < static_cast<int>(CostClass::kCount); ++i) {
    Schedule other = Ashlar1();
    ++other.class_price[i];
    EXPECT_NE(Digest(other), digest) << i;
  }
#define UNIT(field, price, meaning)                                     \
  {                                                                     \
    Schedule other = Ashlar1();                                         \
    ++other.field;                                                      \
    EXPECT_NE(Digest(other), digest) << #field " is not in the digest"; \
  }
#include "metering/unit.def"
  Schedule renamed = Ashlar1();
  renamed.name = "other";
  EXPECT_EQ(Digest(renamed), digest);
}

TEST(ScheduleTest, FindsBuiltInSchedulesOnly) {
  EXPECT_EQ(FindSchedule("ashlar-1"), &Ashlar1());
  EXPECT_EQ(FindSchedule("ashlar-1-wide"), &Ashlar1Wide());
  EXPECT_EQ(FindSchedule("ashlar-2"), nullptr);
  EXPECT_EQ(FindSchedule(""), nullptr);
}

TEST(ScheduleTest, Ashlar1FitsBothBodyLimits) {
  EXPECT_EQ(Validate(Ashlar1(), kStrictBodySize), absl::OkStatus());
  EXPECT_EQ(Validate(Ashlar1(), kRelaxedBodySize), absl::OkStatus());
  EXPECT_EQ(Validate(Ashlar1Wide(), kStrictBodySize), absl::OkStatus());
}

TEST(ScheduleTest, RefusesARunBeyondU32) {
  Schedule s = Ashlar1();
  // 128 KiB of the dearest opcode: 2^17 bytes leave 2^15 fuel a byte, less
  // the locals' and targets' part.
  s.class_price[static_cast<int>(CostClass::kDiv)] = 32767;
  EXPECT_EQ(Validate(s, kStrictBodySize), absl::OkStatus());
  s.class_price[static_cast<int>(CostClass::kDiv)] = 32768;
  EXPECT_EQ(Validate(s, kStrictBodySize).code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Validate(Ashlar1(), UINT64_MAX).code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(ScheduleTest, RefusesCallsBeyondU32) {
  Schedule s = Ashlar1();
  s.call_parameter = 65;
  EXPECT_EQ(Validate(s, kStrictBodySize), absl::OkStatus());
  s.call_parameter = 66;  // (8 + 1000 * 66) / 2 bytes > 32768 a byte
  EXPECT_EQ(Validate(s, kStrictBodySize).code(),
            absl::StatusCode::kInvalidArgument);
  s.call_parameter = UINT32_MAX;
  EXPECT_EQ(Validate(s, kStrictBodySize).code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(ScheduleTest, RefusesADivisorOfZero) {
  Schedule s = Ashlar1();
  s.bulk_bytes_per_fuel = 0;
  EXPECT_THAT(Message(Validate(s, kStrictBodySize)),
              HasSubstr("bulk_bytes_per_fuel is 0"));
  s = Ashlar1();
  s.host_call = 0;  // free is a price
  EXPECT_EQ(Validate(s, kStrictBodySize), absl::OkStatus());
}

TEST(ScheduleTextTest, RoundTrips) {
  Schedule s = Ashlar1();
  s.name = "dear";
  s.class_price[static_cast<int>(CostClass::kAlu)] = 65535;
  s.compile_byte = UINT32_MAX;
  const absl::StatusOr<Schedule> parsed = ParseSchedule(FormatSchedule(s));
  ASSERT_EQ(parsed.status(), absl::OkStatus());
  EXPECT_EQ(parsed->name, "dear");
  EXPECT_EQ(Digest(*parsed), Digest(s));
  EXPECT_EQ(FormatSchedule(*parsed), FormatSchedule(s));
}

TEST(ScheduleTextTest, BuiltInRoundTrips) {
  const absl::StatusOr<Schedule> parsed =
      ParseSchedule(FormatSchedule(Ashlar1()));
  ASSERT_EQ(parsed.status(), absl::OkStatus());
  EXPECT_EQ(Digest(*parsed), Digest(Ashlar1()));
}

TEST(ScheduleTextTest, CopiesAndOverrides) {
  const absl::StatusOr<Schedule> parsed = ParseSchedule(
      "# prices of a test chain\ncopy ashlar-1\n\nname test\n"
      "Alu 3  # dear\n\tcall_parameter  0\r\n");
  ASSERT_EQ(parsed.status(), absl::OkStatus());
  Schedule expected = Ashlar1();
  expected.class_price[static_cast<int>(CostClass::kAlu)] = 3;
  expected.call_parameter = 0;
  EXPECT_EQ(parsed->name, "test");
  EXPECT_EQ(Digest(*parsed), Digest(expected));
}

TEST(ScheduleTextTest, RefusesWithTheLine) {
  EXPECT_THAT(ErrorOf("Alu 1", "Alu 1 2"), HasSubstr("line 7"));
  EXPECT_THAT(ErrorOf("Alu 1", "Alu"), HasSubstr("not a pair"));
  EXPECT_THAT(ErrorOf("Alu 1", "Alu -1"), HasSubstr("'-1' is no price"));
  EXPECT_THAT(ErrorOf("Alu 1", "Alu +1"), HasSubstr("'+1' is no price"));
  EXPECT_THAT(ErrorOf("Alu 1", "Alu 1.5"), HasSubstr("is no price"));
  EXPECT_THAT(ErrorOf("Alu 1", "Alu 65536"), HasSubstr("exceeds 65535"));
  EXPECT_THAT(ErrorOf("host_call 50", "host_call 4294967296"),
              HasSubstr("is no price"));
  EXPECT_THAT(ErrorOf("Alu 1", "Alu 1\nAlu 1"), HasSubstr("given twice"));
  EXPECT_THAT(ErrorOf("Alu 1", "Logic 1"), HasSubstr("no class or unit"));
  EXPECT_THAT(ErrorOf("Alu 1", "Alu 1\ncopy ashlar-1"),
              HasSubstr("must be the first line"));
  EXPECT_THAT(ErrorOf("name ashlar-1", "name a\nname b"),
              HasSubstr("given twice"));
}

TEST(ScheduleTextTest, RefusesWhatIsIncomplete) {
  EXPECT_THAT(ErrorOf("Alu 1\n", ""), HasSubstr("no value for 'Alu'"));
  EXPECT_THAT(ErrorOf("host_call 50\n", ""),
              HasSubstr("no value for 'host_call'"));
  EXPECT_THAT(ErrorOf("name ashlar-1\n", ""), HasSubstr("no line `name"));
  EXPECT_THAT(Message(ParseSchedule("").status()), HasSubstr("no line `name"));
  EXPECT_THAT(Message(ParseSchedule("copy nothing").status()),
              HasSubstr("no built-in schedule 'nothing'"));
}

TEST(ScheduleTextTest, RefusesABuiltInNameWithOtherPrices) {
  EXPECT_THAT(ErrorOf("Alu 1", "Alu 2"), HasSubstr("built-in"));
}

}  // namespace
}  // namespace ashlar::metering
