// A progress bar for long work, on a terminal only.
#ifndef CLI_PROGRESS_H_
#define CLI_PROGRESS_H_

#include <cstddef>

#include "absl/strings/string_view.h"

namespace ashlar::cli {

// Draws on stderr while it lives and leaves an empty line behind; draws
// nothing where stderr is not a terminal or there is but one step.
class Progress {
 public:
  explicit Progress(size_t steps);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // The next step begins and is called `label`.
  void Next(absl::string_view label);
  // The same for work whose steps are counted elsewhere: `step` are done.
  void At(size_t step, absl::string_view label);
  // Takes the bar away for a line of output; the next step draws it again.
  void Clear();

 private:
  const size_t steps_;
  const bool visible_;
  size_t step_ = 0;
};

}  // namespace ashlar::cli

#endif  // CLI_PROGRESS_H_
