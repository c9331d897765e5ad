// A file of records: one or many, with the profiles and modules that they
// share. The bytes are those of replay/README.md.
#ifndef REPLAY_ARCHIVE_H_
#define REPLAY_ARCHIVE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/base/bytes.h"
#include "engine/base/hash.h"
#include "engine/profile.h"
#include "replay/record.h"

namespace ashlar::replay {

inline constexpr uint32_t kFormatVersion = 1;

// A file that was read. Immutable, so any number of threads may use it.
class Archive {
 public:
  // Checks all but the bodies of the records. INVALID_ARGUMENT names the byte
  // where it is no file of records, was changed, or is of another version.
  static absl::StatusOr<Archive> Parse(base::Bytes file);

  Archive(Archive&&) = default;
  Archive& operator=(Archive&&) = default;

  size_t size() const { return bodies_.size(); }
  // REQUIRES: index < size(). INVALID_ARGUMENT as Parse.
  absl::StatusOr<Record> Read(size_t index) const;
  // Whether the record has no answer: its execution never ended.
  bool IsUnfinished(size_t index) const;
  // All records and their answers. INVALID_ARGUMENT names the first bad byte.
  absl::Status Check() const;

  // Null where the file does not hold it.
  std::shared_ptr<const base::Bytes> FindModule(
      const base::Hash256& hash) const;
  // Adds the profiles that `profiles` lacks, under names that are free. One
  // that this build cannot have (another semantics version) is left out.
  // INVALID_ARGUMENT: a text that does not give its digest.
  absl::Status AddProfiles(engine::ProfileSet* profiles) const;

  // The parts as they stand in the file, for a Writer of another one.
  struct Profile {
    base::Hash256 digest;
    absl::string_view text;
  };
  const std::vector<Profile>& profiles() const { return profiles_; }
  absl::string_view body(size_t index) const { return bodies_[index].bytes; }

 private:
  struct Body {
    absl::string_view bytes;
    uint64_t offset = 0;
    base::Hash256 digest;
  };

  Archive() = default;
  absl::Status ParseAll();

  // By address, so that views into it hold when the archive is moved.
  std::unique_ptr<const base::Bytes> file_;
  std::vector<Profile> profiles_;
  absl::flat_hash_map<base::Hash256, std::shared_ptr<const base::Bytes>>
      modules_;
  std::vector<Body> bodies_;
};

// Makes a file. What was added twice is held once.
class ArchiveWriter {
 public:
  void AddProfile(const engine::Profile& profile);
  void AddProfile(const base::Hash256& digest, absl::string_view text);
  // REQUIRES: `hash` is that of `bytes`.
  void AddModule(const base::Hash256& hash,
                 std::shared_ptr<const base::Bytes> bytes);
  void AddRecord(const Record& record);
  // A body of EncodeRecord.
  void AddBody(absl::string_view body);
  // All records of `archive` with what they need. REQUIRES: Check() is OK.
  absl::Status Add(const Archive& archive);

  // Answers the same bytes for the same parts, whatever the order in which
  // profiles and modules came.
  base::Bytes Finish() const;

 private:
  absl::btree_map<base::Hash256, std::string> profiles_;
  absl::btree_map<base::Hash256, std::shared_ptr<const base::Bytes>> modules_;
  std::vector<std::string> bodies_;
};

}  // namespace ashlar::replay

#endif  // REPLAY_ARCHIVE_H_
