// One execution, complete: what it was asked, what it read, what it answered.
// The bytes are those of replay/README.md.
#ifndef REPLAY_RECORD_H_
#define REPLAY_RECORD_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/base/bytes.h"
#include "engine/base/hash.h"
#include "engine/outcome.h"
#include "engine/request.h"
#include "engine/state/types.h"

namespace ashlar::replay {

// Numbers are the format's.
enum class ModuleGiven : uint8_t { kBytes = 1, kHash = 2, kCallee = 3 };

// One key with what was found; nullopt: absent.
struct Read {
  state::Key key;
  std::optional<base::Bytes> value;
};

struct Record {
  uint32_t semantics_version = 0;
  // Its module_bytes are empty: `module` names them.
  engine::ExecuteRequest request;
  ModuleGiven module_given = ModuleGiven::kBytes;
  // The hash of the bytes that the request gave; zeros where it gave none.
  base::Hash256 module;
  std::vector<Read> reads;                  // by key
  std::vector<engine::ModuleRead> modules;  // by hash
  // Of EncodeAnswer; empty where the execution never ended.
  base::Bytes answer;
  uint64_t answer_offset = 0;  // of `answer` in its file, where it has one
};

// The answer as bytes: equal answers have equal bytes.
base::Bytes EncodeAnswer(const engine::Completed& completed);

// The answer of `record`, with the reads and modules that stand beside it.
// INVALID_ARGUMENT names the byte.
absl::StatusOr<engine::Completed> DecodeAnswer(const Record& record);

base::Bytes EncodeRecord(const Record& record);

// Checks everything but the content of `answer`, which DecodeAnswer does:
// whoever finds it equal to an answer of EncodeAnswer needs no check. `offset`
// is where `body` begins in its file. INVALID_ARGUMENT names the byte.
absl::StatusOr<Record> DecodeRecord(absl::string_view body, uint64_t offset);

// Hashes of the modules whose bytes are needed to execute the record again.
std::vector<base::Hash256> ModulesOf(const Record& record);

}  // namespace ashlar::replay

#endif  // REPLAY_RECORD_H_
