#include "cli/progress.h"

#include <unistd.h>

#include <cstdio>
#include <string>

namespace ashlar::cli {
namespace {

constexpr size_t kWidth = 24;
constexpr size_t kLabelWidth = 40;

}  // namespace

Progress::Progress(size_t steps)
    : steps_(steps), visible_(steps > 1 && isatty(STDERR_FILENO) != 0) {}

Progress::~Progress() { Clear(); }

void Progress::At(size_t step, absl::string_view label) {
  step_ = step;
  Next(label);
}

void Progress::Next(absl::string_view label) {
  if (!visible_) return;
  const size_t done = step_ < steps_ ? step_ : steps_;
  const size_t filled = done * kWidth / steps_;
  ++step_;
  const std::string bar =
      std::string(filled, '#') + std::string(kWidth - filled, '.');
  // Of a long label the end says most: it is the file's name.
  if (label.size() > kLabelWidth) {
    label.remove_prefix(label.size() - kLabelWidth);
  }
  std::fprintf(stderr, "\r\033[K[%s] %zu/%zu %s", bar.c_str(), done, steps_,
               std::string(label).c_str());
  std::fflush(stderr);
}

void Progress::Clear() {
  if (!visible_) return;
  std::fputs("\r\033[K", stderr);
  std::fflush(stderr);
}

}  // namespace ashlar::cli
