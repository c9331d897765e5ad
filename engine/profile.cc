#include "engine/profile.h"

#include <iterator>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "engine/base/check.h"
#include "engine/base/serial.h"
#include "engine/base/status_macros.h"

namespace ashlar::engine {
namespace {

using wasm::Feature;

// Words of the enums in profile files, by value.
constexpr absl::string_view kAbiNames[] = {"none", "seal"};
constexpr absl::string_view kFloatNames[] = {"deny", "canonical"};
constexpr absl::string_view kUnknownImportNames[] = {"reject", "trap"};
constexpr absl::string_view kSwitchNames[] = {"off", "on"};

// The one digest algorithm so far.
constexpr uint8_t kBlake2b256 = 1;

Profile Strict() {
  Profile p;
  p.name = "strict-1";
  p.features = wasm::Features()
                   .With(Feature::kMutableGlobals)
                   .With(Feature::kSignExtension)
                   .With(Feature::kBulkMemory);
  p.limits = base::kStrictLimits;
  p.schedule = metering::Ashlar1Wide();
  return p;
}

Profile Relaxed() {
  Profile p;
  p.name = "relaxed-1";
  p.features = wasm::Features::All();
  p.float_rule = FloatRule::kCanonical;
  p.unknown_imports = UnknownImports::kTrap;
  p.limits = base::kRelaxedLimits;
  p.schedule = metering::Ashlar1();
  return p;
}

// The tighter of the strict limits and those of pallet-contracts' default
// schedule: 16 pages (which a processor's second cache holds), keys of 128
// bytes, values and events of 16 KiB, 4 topics.
Profile Seal() {
  Profile p = Strict();
  p.name = "seal-1";
  p.abi = Abi::kSeal;
  p.abi_version = 1;
  p.schedule = metering::Ashlar1();
  p.limits.memory_pages_max = 16;
  p.limits.memory_pages_initial_max = 16;
  p.limits.storage_key_size_bytes_max = 128;
  p.limits.storage_value_size_bytes_max = 16 * 1024;
  p.limits.event_size_bytes_max = 16 * 1024;
  p.limits.event_topics_max = 4;
  return p;
}

// The index of `word` in `names`, or false.
template <size_t kCount, typename Enum>
bool ParseWord(absl::string_view word, const absl::string_view (&names)[kCount],
               Enum* value) {
  for (size_t i = 0; i < kCount; ++i) {
    if (names[i] == word) {
      *value = static_cast<Enum>(i);
      return true;
    }
  }
  return false;
}

// Reads the lines of one profile file.
class ProfileParser {
 public:
  absl::StatusOr<Profile> Parse(absl::string_view text);

 private:
  using Words = std::vector<absl::string_view>;

  // Each answers false where the line is no valid one.
  bool Line(absl::string_view line, int line_number);
  bool Copy(absl::string_view name, int line_number);
  bool SetAbi(absl::string_view word);
  bool SetFloats(absl::string_view word);
  bool SetFeature(absl::string_view name, absl::string_view value);
  bool SetLimit(absl::string_view name, absl::string_view value);

  Profile profile_;
  bool any_line_ = false;
  std::string schedule_text_;
  int schedule_line_ = 0;  // the first one
};

bool ProfileParser::Copy(absl::string_view name, int line_number) {
  const Profile* base = ProfileSet::BuiltIn().FindByName(name);
  if (any_line_ || base == nullptr) return false;
  profile_ = *base;
  profile_.name.clear();
  return true;
}

bool ProfileParser::SetAbi(absl::string_view word) {
  if (!ParseWord(word, kAbiNames, &profile_.abi)) return false;
  profile_.abi_version = profile_.abi == Abi::kNone ? 0 : 1;
  return true;
}

// The rule and the feature are one choice, so that one meaning has one digest.
bool ProfileParser::SetFloats(absl::string_view word) {
  if (!ParseWord(word, kFloatNames, &profile_.float_rule)) return false;
  profile_.features = profile_.float_rule == FloatRule::kDeny
                          ? profile_.features.Without(Feature::kFloats)
                          : profile_.features.With(Feature::kFloats);
  return true;
}

bool ProfileParser::SetFeature(absl::string_view name,
                               absl::string_view value) {
  bool on = false;
  if (!ParseWord(value, kSwitchNames, &on)) return false;
  for (int i = 0; i < static_cast<int>(Feature::kCount); ++i) {
    const Feature feature = static_cast<Feature>(i);
    if (wasm::FeatureName(feature) != name) continue;
    if (feature == Feature::kMvp || feature == Feature::kFloats) return false;
    profile_.features = on ? profile_.features.With(feature)
                           : profile_.features.Without(feature);
    return true;
  }
  return false;
}

bool ProfileParser::SetLimit(absl::string_view name, absl::string_view value) {
  uint32_t number = 0;
  if (!absl::SimpleAtoi(value, &number)) return false;
  for (const base::LimitField& field : base::kLimitFields) {
    if (field.name != name) continue;
    if (number > base::kRelaxedLimits.*field.value) return false;
    profile_.limits.*field.value = number;
    return true;
  }
  return false;
}

bool ProfileParser::Line(absl::string_view line, int line_number) {
  const Words words = absl::StrSplit(line, ' ', absl::SkipEmpty());
  const absl::string_view key = words[0];
  if (key == "schedule" && words.size() > 1) {
    if (schedule_line_ == 0) schedule_line_ = line_number;
    absl::StrAppend(&schedule_text_,
                    absl::StripAsciiWhitespace(line.substr(key.size())), "\n");
    return true;
  }
  if (words.size() == 2) {
    const absl::string_view value = words[1];
    if (key == "copy") return Copy(value, line_number);
    if (key == "abi") return SetAbi(value);
    if (key == "floats") return SetFloats(value);
    if (key == "unknown-imports") {
      return ParseWord(value, kUnknownImportNames, &profile_.unknown_imports);
    }
    if (key == "semantics-version") {
      return absl::SimpleAtoi(value, &profile_.semantics_version) &&
             profile_.semantics_version == kSemanticsVersion;
    }
    if (key == "name") {
      profile_.name = std::string(value);
      return true;
    }
  }
  if (words.size() == 3 && key == "feature") {
    return SetFeature(words[1], words[2]);
  }
  if (words.size() == 3 && key == "limit") return SetLimit(words[1], words[2]);
  return false;
}

absl::StatusOr<Profile> ProfileParser::Parse(absl::string_view text) {
  int line_number = 0;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    ++line_number;
    line = absl::StripAsciiWhitespace(line.substr(0, line.find('#')));
    if (line.empty()) continue;
    if (!Line(line, line_number)) {
      return absl::InvalidArgumentError(
          absl::StrCat("profile line ", line_number,
                       " is unknown or has a bad value: ", line));
    }
    any_line_ = true;
  }
  if (profile_.name.empty()) {
    return absl::InvalidArgumentError("profile has no line `name NAME`");
  }
  if (schedule_line_ != 0) {
    absl::StatusOr<metering::Schedule> schedule =
        metering::ParseSchedule(schedule_text_);
    if (!schedule.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat("profile schedule (from line ", schedule_line_,
                       "): ", schedule.status().message()));
    }
    profile_.schedule = *std::move(schedule);
  }
  if (profile_.schedule.name.empty()) {
    return absl::InvalidArgumentError("profile has no schedule");
  }
  RETURN_IF_ERROR(metering::Validate(profile_.schedule,
                                     profile_.limits.body_size_bytes_max));
  profile_.digest = Digest(profile_);
  return std::move(profile_);
}

}  // namespace

const ProfileSet& ProfileSet::BuiltIn() {
  static const ProfileSet* const kSet = [] {
    auto* set = new ProfileSet;
    CHECK(set->Add(Strict()).ok());
    CHECK(set->Add(Relaxed()).ok());
    CHECK(set->Add(Seal()).ok());
    return set;
  }();
  return *kSet;
}

const Profile* ProfileSet::Find(const base::Hash256& digest) const {
  for (const Profile* profile : all_) {
    if (profile->digest == digest) return profile;
  }
  return nullptr;
}

const Profile* ProfileSet::FindByName(absl::string_view name) const {
  for (const Profile* profile : all_) {
    if (name == absl::string_view(profile->name)) return profile;
  }
  return nullptr;
}

absl::Status ProfileSet::Add(Profile profile) {
  profile.digest = Digest(profile);
  if (FindByName(profile.name) != nullptr) {
    return absl::AlreadyExistsError(
        absl::StrCat("there is a profile named ", profile.name));
  }
  if (const Profile* other = Find(profile.digest)) {
    return absl::AlreadyExistsError(absl::StrCat(
        "profile ", profile.name, " is the same as ", other->name));
  }
  owned_.push_back(std::make_unique<const Profile>(std::move(profile)));
  all_.push_back(owned_.back().get());
  return absl::OkStatus();
}

absl::StatusOr<Profile> ParseProfile(absl::string_view text) {
  return ProfileParser().Parse(text);
}

std::string FormatProfile(const Profile& profile) {
  std::string out;
  absl::StrAppend(&out, "name ", profile.name, "\n");
  absl::StrAppend(&out, "semantics-version ", profile.semantics_version, "\n");
  absl::StrAppend(
      &out, "abi ", kAbiNames[static_cast<int>(profile.abi)], "\nfloats ",
      kFloatNames[static_cast<int>(profile.float_rule)], "\nunknown-imports ",
      kUnknownImportNames[static_cast<int>(profile.unknown_imports)], "\n");
  for (int i = 0; i < static_cast<int>(Feature::kCount); ++i) {
    const Feature feature = static_cast<Feature>(i);
    if (feature == Feature::kMvp || feature == Feature::kFloats) continue;
    absl::StrAppend(&out, "feature ", wasm::FeatureName(feature), " ",
                    kSwitchNames[profile.features.Has(feature)], "\n");
  }
  for (const base::LimitField& field : base::kLimitFields) {
    absl::StrAppend(&out, "limit ", field.name, " ",
                    profile.limits.*field.value, "\n");
  }
  const std::string schedule = metering::FormatSchedule(profile.schedule);
  for (absl::string_view line :
       absl::StrSplit(schedule, '\n', absl::SkipEmpty())) {
    absl::StrAppend(&out, "schedule ", line, "\n");
  }
  return out;
}

base::Hash256 Digest(const Profile& profile) {
  base::Writer w;
  w.Bytes("ashlar.profile");
  w.U32(profile.semantics_version);
  w.U8(kBlake2b256);
  w.U8(static_cast<uint8_t>(profile.abi));
  w.U32(profile.abi_version);
  w.U32(profile.features.bits());
  w.U8(static_cast<uint8_t>(profile.float_rule));
  w.U8(static_cast<uint8_t>(profile.unknown_imports));
  w.Count(std::size(base::kLimitFields));
  for (const base::LimitField& field : base::kLimitFields) {
    w.U32(profile.limits.*field.value);
  }
  w.Hash(metering::Digest(profile.schedule));
  return base::Blake2b256(w.data());
}

}  // namespace ashlar::engine
