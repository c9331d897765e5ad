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

absl::StatusOr<const engine::Profile*> FindOrReadProfile(
    const std::string& text, const engine::ProfileSet& known,
    engine::ProfileSet* added) {
  if (const auto* profile = known.FindByName(text)) return profile;
  if (const auto digest = base::Hash256::FromHex(text); digest.ok()) {
    if (const auto* profile = known.Find(*digest)) return profile;
    return absl::NotFoundError(
        absl::StrCat("no known profile has the digest ", text));
  }
  const auto content = ReadFile(text);
  if (!content.ok()) {
    return absl::NotFoundError(
        absl::StrCat("\"", text,
                     "\" is neither a built-in profile (strict-1, relaxed-1, "
                     "seal-1), nor a digest, nor a file that can be read"));
  }
  auto profile = engine::ParseProfile(*content);
  if (!profile.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat(text, ": ", profile.status().message()));
  }
  const base::Hash256 digest = profile->digest;
  if (const auto* same = added->Find(digest)) return same;
  RETURN_IF_ERROR(added->Add(*std::move(profile)));
  return added->Find(digest);
}

absl::StatusOr<const engine::Profile*> ProfileOption::Resolve() {
  return FindOrReadProfile(text_, engine::ProfileSet::BuiltIn(), &from_file_);
}

}  // namespace ashlar::cli
