#include "cli/profile_option.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "cli/files.h"
#include "engine/base/hash.h"
#include "engine/base/status_macros.h"

namespace ashlar::cli {

void ProfileOption::AddTo(CLI::App* app, const std::string& fallback) {
  text_ = fallback;
  app->add_option("--profile", text_,
                  "Chain profile: strict-1, relaxed-1, seal-1, a digest or a "
                  "profile file")
      ->capture_default_str();
}

absl::StatusOr<const engine::Profile*> ProfileOption::Resolve() {
  const engine::ProfileSet& built_in = engine::ProfileSet::BuiltIn();
  if (const auto* profile = built_in.FindByName(text_)) return profile;
  if (const auto digest = base::Hash256::FromHex(text_); digest.ok()) {
    if (const auto* profile = built_in.Find(*digest)) return profile;
    return absl::NotFoundError(
        absl::StrCat("no built-in profile has the digest ", text_));
  }
  const auto text = ReadFile(text_);
  if (!text.ok()) {
    return absl::NotFoundError(
        absl::StrCat("\"", text_,
                     "\" is neither a built-in profile (strict-1, relaxed-1, "
                     "seal-1), nor a digest, nor a file that can be read"));
  }
  auto profile = engine::ParseProfile(*text);
  if (!profile.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat(text_, ": ", profile.status().message()));
  }
  RETURN_IF_ERROR(from_file_.Add(*std::move(profile)));
  return from_file_.all().front();
}

}  // namespace ashlar::cli
