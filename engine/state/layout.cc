#include "engine/state/layout.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/base/serial.h"
#include "engine/base/status_macros.h"
#include "engine/state/kv.h"

namespace ashlar::state {
namespace {

// The first byte of a stored key: what kind of record it names.
constexpr char kActivationTag = 'A';
constexpr char kCommitTag = 'C';
constexpr char kEntryTag = 'E';
constexpr char kFormatTag = 'F';
constexpr char kChangesTag = 'L';
constexpr char kModuleTag = 'M';
constexpr char kNamespaceTag = 'N';

// A byte string of any bytes, so written that the order of what is written is
// the order of the strings and that none is a prefix of another: 00 becomes
// 00 ff, and 00 01 ends it.
constexpr char kEscape = '\x00';
constexpr char kEscapedZero = '\xff';
constexpr char kEnd = '\x01';

constexpr char kAbsentEntry = 0;
constexpr char kPresentEntry = 1;

// Of one element of a change list: account, kind, length of the key.
constexpr size_t kChangeSizeMin = base::Hash256::kSizeBytes + 1 + 4;

void AppendText(absl::string_view text, std::string* out) {
  for (char c : text) {
    out->push_back(c);
    if (c == kEscape) out->push_back(kEscapedZero);
  }
  out->push_back(kEscape);
  out->push_back(kEnd);
}

// Takes a text off the front of `*in`; false where it is not one.
bool TakeText(absl::string_view* in, base::Bytes* text) {
  for (size_t i = 0; i < in->size(); ++i) {
    if ((*in)[i] != kEscape) {
      text->push_back((*in)[i]);
      continue;
    }
    if (++i == in->size()) return false;
    if ((*in)[i] == kEnd) {
      in->remove_prefix(i + 1);
      return true;
    }
    if ((*in)[i] != kEscapedZero) return false;
    text->push_back(kEscape);
  }
  return false;
}

void AppendHash(const base::Hash256& hash, std::string* out) {
  const absl::string_view bytes = hash.view();
  out->append(bytes.data(), bytes.size());
}

// Big-endian, so that the order of bytes is the order of numbers.
void AppendVersion(uint64_t version, std::string* out) {
  for (size_t i = 0; i < kVersionSize; ++i) {
    out->push_back(static_cast<char>(version >> (8 * (kVersionSize - 1 - i))));
  }
}

std::string TextKey(char tag, absl::string_view name_space) {
  std::string key(1, tag);
  AppendText(name_space, &key);
  return key;
}

std::string VersionKey(char tag, absl::string_view name_space,
                       uint64_t version) {
  std::string key = TextKey(tag, name_space);
  AppendVersion(version, &key);
  return key;
}

bool IsKind(uint8_t number) {
  return number >= static_cast<uint8_t>(Kind::kBalance) &&
         number <= static_cast<uint8_t>(Kind::kStorage);
}

absl::Status Corrupt(absl::string_view what, absl::string_view bytes) {
  constexpr size_t kShown = 80;
  return absl::DataLossError(absl::StrCat(
      "the state store holds a malformed ", what, " of ", bytes.size(),
      " bytes: ", absl::BytesToHexString(bytes.substr(0, kShown))));
}

}  // namespace

std::string FormatKey() { return std::string(1, kFormatTag); }

std::string ModuleKey(const base::Hash256& hash) {
  std::string key(1, kModuleTag);
  AppendHash(hash, &key);
  return key;
}

std::string ActivationKey(const base::Hash256& profile,
                          const base::Hash256& module_hash) {
  std::string key(1, kActivationTag);
  AppendHash(profile, &key);
  AppendHash(module_hash, &key);
  return key;
}

std::string NamespaceKey(absl::string_view name_space) {
  return TextKey(kNamespaceTag, name_space);
}

std::string CommitKey(absl::string_view name_space, uint64_t version) {
  return VersionKey(kCommitTag, name_space, version);
}

std::string ChangesKey(absl::string_view name_space, uint64_t version) {
  return VersionKey(kChangesTag, name_space, version);
}

std::string EntriesPrefix(absl::string_view name_space) {
  return TextKey(kEntryTag, name_space);
}

std::string AccountPrefix(absl::string_view name_space,
                          const AccountId& account) {
  std::string key = EntriesPrefix(name_space);
  AppendHash(account, &key);
  return key;
}

std::string KindPrefix(absl::string_view name_space, const AccountId& account,
                       Kind kind) {
  std::string key = AccountPrefix(name_space, account);
  key.push_back(static_cast<char>(kind));
  return key;
}

std::string EntryPrefix(absl::string_view name_space, const Key& key) {
  std::string prefix = KindPrefix(name_space, key.account, key.kind);
  AppendText(key.key, &prefix);
  return prefix;
}

std::string EntryKey(absl::string_view name_space, const Key& key,
                     uint64_t version) {
  std::string stored = EntryPrefix(name_space, key);
  AppendVersion(~version, &stored);
  return stored;
}

std::string AfterEntry(absl::string_view name_space, const Key& key) {
  std::string stored = EntryKey(name_space, key, 0);
  stored.push_back('\0');
  return stored;
}

std::string AfterAccount(absl::string_view name_space,
                         const AccountId& account) {
  std::string stored = AccountPrefix(name_space, account);
  stored.push_back('\xff');
  return stored;
}

absl::StatusOr<EntryName> ParseEntryKey(absl::string_view prefix,
                                        absl::string_view stored_key) {
  absl::string_view rest = stored_key;
  EntryName name;
  uint8_t kind = 0;
  if (!absl::StartsWith(rest, prefix)) return Corrupt("key", stored_key);
  rest.remove_prefix(prefix.size());
  base::Reader reader(rest);
  if (!reader.Hash(&name.key.account) || !reader.U8(&kind) || !IsKind(kind)) {
    return Corrupt("key", stored_key);
  }
  name.key.kind = static_cast<Kind>(kind);
  rest = reader.rest();
  if (!TakeText(&rest, &name.key.key) || rest.size() != kVersionSize) {
    return Corrupt("key", stored_key);
  }
  for (char c : rest) {
    name.version = name.version << 8 | static_cast<uint8_t>(c);
  }
  name.version = ~name.version;
  return name;
}

std::string EncodeEntry(const std::optional<base::Bytes>& value) {
  if (!value.has_value()) return std::string(1, kAbsentEntry);
  std::string record(1, kPresentEntry);
  record.append(*value);
  return record;
}

absl::StatusOr<std::optional<base::Bytes>> DecodeEntry(
    absl::string_view record) {
  if (!record.empty() && record[0] == kPresentEntry) {
    return std::make_optional<base::Bytes>(record.substr(1));
  }
  if (record.size() != 1 || record[0] != kAbsentEntry) {
    return Corrupt("entry", record);
  }
  return std::optional<base::Bytes>();
}

std::string EncodeNamespace(const NamespaceRecord& record) {
  base::Writer writer;
  writer.U64(record.current_version);
  writer.U64(record.oldest_version);
  return std::move(writer).Take();
}

absl::StatusOr<NamespaceRecord> DecodeNamespace(absl::string_view record) {
  base::Reader reader(record);
  NamespaceRecord result;
  if (!reader.U64(&result.current_version) ||
      !reader.U64(&result.oldest_version) || !reader.AtEnd() ||
      result.oldest_version > result.current_version) {
    return Corrupt("namespace record", record);
  }
  return result;
}

std::string EncodeCommit(const base::Hash256& request_digest,
                         absl::string_view answer) {
  base::Writer writer;
  writer.Hash(request_digest);
  writer.Raw(answer);
  return std::move(writer).Take();
}

absl::StatusOr<CommitRecord> DecodeCommit(absl::string_view record) {
  base::Reader reader(record);
  CommitRecord result;
  if (!reader.Hash(&result.request_digest)) {
    return Corrupt("commit record", record);
  }
  result.answer = base::Bytes(reader.rest());
  return result;
}

std::string EncodeChanges(const std::vector<Key>& keys) {
  base::Writer writer;
  writer.Count(keys.size());
  for (const Key& key : keys) {
    writer.Hash(key.account);
    writer.U8(static_cast<uint8_t>(key.kind));
    writer.Bytes(key.key);
  }
  return std::move(writer).Take();
}

absl::StatusOr<std::vector<Key>> DecodeChanges(absl::string_view record) {
  base::Reader reader(record);
  uint32_t count = 0;
  if (!reader.Count(kChangeSizeMin, &count)) {
    return Corrupt("change list", record);
  }
  std::vector<Key> keys;
  keys.reserve(count);
  for (uint32_t i = 0; i < count; ++i) {
    Key key;
    uint8_t kind = 0;
    absl::string_view text;
    if (!reader.Hash(&key.account) || !reader.U8(&kind) || !IsKind(kind) ||
        !reader.Bytes(&text)) {
      return Corrupt("change list", record);
    }
    key.kind = static_cast<Kind>(kind);
    key.key = base::Bytes(text);
    keys.push_back(std::move(key));
  }
  if (!reader.AtEnd()) return Corrupt("change list", record);
  return keys;
}

}  // namespace ashlar::state
