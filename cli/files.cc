#include "cli/files.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>

#include "absl/strings/str_cat.h"

namespace ashlar::cli {
namespace {

// Far above every input limit of a profile: stops a wrong path, no module.
constexpr uint64_t kFileSizeMax = uint64_t{1} << 30;

struct Closer {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, Closer>;

std::string Why(absl::string_view what, absl::string_view path) {
  return absl::StrCat("cannot ", what, " ", path, ": ", std::strerror(errno));
}

}  // namespace

absl::StatusOr<std::string> ReadFile(absl::string_view path) {
  const std::string name(path);
  std::error_code error;
  if (std::filesystem::is_directory(name, error)) {
    return absl::NotFoundError(
        absl::StrCat("cannot read ", path, ": it is a directory"));
  }
  File file(std::fopen(name.c_str(), "rb"));
  if (file == nullptr) return absl::NotFoundError(Why("open", path));
  std::string content;
  char buffer[1 << 16];
  while (const size_t n = std::fread(buffer, 1, sizeof(buffer), file.get())) {
    if (content.size() + n > kFileSizeMax) {
      return absl::ResourceExhaustedError(
          absl::StrCat(path, " is larger than 1 GiB"));
    }
    content.append(buffer, n);
  }
  if (std::ferror(file.get()) != 0) {
    return absl::UnavailableError(Why("read", path));
  }
  return content;
}

absl::Status WriteFile(absl::string_view path, absl::string_view content) {
  const std::string name(path);
  const std::string temporary = name + ".new";
  File file(std::fopen(temporary.c_str(), "wb"));
  if (file == nullptr) return absl::UnavailableError(Why("write", temporary));
  const size_t written =
      std::fwrite(content.data(), 1, content.size(), file.get());
  // Closed by hand: the last bytes are written here, and that can fail.
  if (std::fclose(file.release()) != 0 || written != content.size()) {
    const auto status = absl::UnavailableError(Why("write", temporary));
    std::remove(temporary.c_str());
    return status;
  }
  if (std::rename(temporary.c_str(), name.c_str()) != 0) {
    const auto status = absl::UnavailableError(Why("write", path));
    std::remove(temporary.c_str());
    return status;
  }
  return absl::OkStatus();
}

}  // namespace ashlar::cli
