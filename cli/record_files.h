// Replay records as commands take them: files, profiles and modules.
#ifndef CLI_RECORD_FILES_H_
#define CLI_RECORD_FILES_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/base/bytes.h"
#include "engine/base/hash.h"
#include "engine/profile.h"
#include "replay/archive.h"

namespace ashlar::cli {

// What became of the records of one file.
struct FileVerdict {
  std::string file;
  uint64_t records = 0;
  uint64_t matches = 0;
  std::optional<uint64_t> first_mismatch;  // index of the record
  std::string first_difference;
};
// A line on stdout; for people a second one where there is a difference.
void PrintVerdict(const FileVerdict& verdict, bool json);

struct RecordFile {
  std::string path;
  replay::Archive archive;
};

// All files of a command line. Read-only once it is loaded.
class RecordFiles {
 public:
  // Reads the files (a flight recorder's file, too: what it holds are records
  // without an answer), and modules for records that only name them. Statuses
  // name the file; INVALID_ARGUMENT: it is malformed, at the byte it says.
  static absl::StatusOr<RecordFiles> Load(
      const std::vector<std::string>& paths,
      const std::vector<std::string>& module_paths);

  const std::vector<RecordFile>& files() const { return files_; }
  // The built-in profiles and those of the files.
  engine::ProfileSet* profiles() { return &profiles_; }
  // Of --module; null where there is none.
  std::shared_ptr<const base::Bytes> FindModule(
      const base::Hash256& hash) const;

  // Records of all files, and where one of them is: the index of its file and
  // its index there. REQUIRES: index < record_count().
  size_t record_count() const { return ends_.empty() ? 0 : ends_.back(); }
  std::pair<size_t, size_t> Place(size_t index) const;

 private:
  std::vector<RecordFile> files_;
  std::vector<size_t> ends_;  // records up to each file's end
  engine::ProfileSet profiles_;
  absl::flat_hash_map<base::Hash256, std::shared_ptr<const base::Bytes>>
      modules_;
};

}  // namespace ashlar::cli

#endif  // CLI_RECORD_FILES_H_
