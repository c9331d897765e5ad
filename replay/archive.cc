#include "replay/archive.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/serial.h"
#include "engine/base/status_macros.h"
#include "replay/parser.h"

namespace ashlar::replay {
namespace {

using base::Hash256;
using base::Writer;

// Not text: a transfer that changes line ends or drops the eighth bit breaks
// it.
constexpr absl::string_view kMagic(
    "\x89"
    "ashrec\n",
    8);

// What the file's own digest is taken over: every part by its digest, so that
// no byte is hashed twice.
class FileDigest {
 public:
  explicit FileDigest(uint32_t version) {
    writer_.Raw(kMagic);
    writer_.U32(version);
  }
  void Count(size_t count) { writer_.Count(count); }
  void Hash(const Hash256& hash) { writer_.Hash(hash); }
  Hash256 Finish() const { return base::Blake2b256(writer_.data()); }

 private:
  Writer writer_;
};

}  // namespace

absl::StatusOr<Archive> Archive::Parse(base::Bytes file) {
  Archive archive;
  archive.file_ = std::make_unique<const base::Bytes>(std::move(file));
  RETURN_IF_ERROR(archive.ParseAll());
  return archive;
}

absl::Status Archive::ParseAll() {
  Parser p(*file_, 0);
  if (p.Raw(kMagic.size(), "the mark of a record file") != kMagic) {
    p.Refuse(0, "this is no file of replay records");
  }
  const uint32_t version = p.U32("format version");
  if (version != kFormatVersion) {
    p.Refuse(kMagic.size(), absl::StrCat("format version ", version,
                                         " is not known to this build"));
  }
  FileDigest digest(version);
  uint32_t count = p.Count(Hash256::kSizeBytes + 4, "profiles");
  digest.Count(count);
  for (uint32_t i = 0; i < count && p.ok(); ++i) {
    const uint64_t at = p.offset();
    Profile profile;
    profile.digest = p.Hash("profile digest");
    profile.text = p.Bytes("profile");
    if (i > 0 && profile.digest <= profiles_.back().digest) {
      p.Refuse(at, "profiles are not in ascending order");
    }
    digest.Hash(profile.digest);
    digest.Hash(base::Blake2b256(profile.text));
    profiles_.push_back(profile);
  }
  count = p.Count(4, "modules");
  digest.Count(count);
  Hash256 last;
  for (uint32_t i = 0; i < count && p.ok(); ++i) {
    const uint64_t at = p.offset();
    const absl::string_view bytes = p.Bytes("module");
    const Hash256 hash = base::Blake2b256(bytes);
    if (i > 0 && hash <= last) {
      p.Refuse(at, "modules are not in ascending order of their hashes");
    }
    last = hash;
    digest.Hash(hash);
    modules_.emplace(hash, std::make_shared<const base::Bytes>(bytes));
  }
  count = p.Count(4 + Hash256::kSizeBytes, "records");
  digest.Count(count);
  bodies_.reserve(count);
  for (uint32_t i = 0; i < count && p.ok(); ++i) {
    Body body;
    body.offset = p.offset() + sizeof(uint32_t);
    body.bytes = p.Bytes("record");
    body.digest = p.Hash("digest of a record");
    digest.Hash(body.digest);
    bodies_.push_back(body);
  }
  const uint64_t at = p.offset();
  if (p.Hash("digest of the file") != digest.Finish()) {
    p.Refuse(at, "the digest of the file is another: it was changed");
  }
  p.End("the file");
  return p.status();
}

absl::StatusOr<Record> Archive::Read(size_t index) const {
  const Body& body = bodies_[index];
  if (base::Blake2b256(body.bytes) != body.digest) {
    return absl::InvalidArgumentError(
        absl::StrCat("byte ", body.offset, ": the digest of record ", index,
                     " is another: it was changed"));
  }
  return DecodeRecord(body.bytes, body.offset);
}

bool Archive::IsUnfinished(size_t index) const {
  // The answer stands last, so its size is 0 at the very end; of any other one
  // a receipt stands there.
  const absl::string_view body = bodies_[index].bytes;
  if (body.size() < 4 || base::LoadLe<uint32_t>(&body[body.size() - 4]) != 0) {
    return false;
  }
  const absl::StatusOr<Record> record = Read(index);
  return record.ok() && record->answer.empty();
}

absl::Status Archive::Check() const {
  for (size_t i = 0; i < size(); ++i) {
    ASSIGN_OR_RETURN(const Record record, Read(i));
    if (record.answer.empty()) continue;
    RETURN_IF_ERROR(DecodeAnswer(record).status());
  }
  return absl::OkStatus();
}

std::shared_ptr<const base::Bytes> Archive::FindModule(
    const Hash256& hash) const {
  const auto it = modules_.find(hash);
  return it == modules_.end() ? nullptr : it->second;
}

absl::Status Archive::AddProfiles(engine::ProfileSet* profiles) const {
  for (const Profile& part : profiles_) {
    if (profiles->Find(part.digest) != nullptr) continue;
    absl::StatusOr<engine::Profile> profile = engine::ParseProfile(part.text);
    if (!profile.ok()) continue;
    if (profile->digest != part.digest) {
      return absl::InvalidArgumentError(
          absl::StrCat("the text of profile ", profile->name,
                       " does not have the digest ", part.digest.ToHex()));
    }
    // Another chain's, or an older one's: names are not part of a profile.
    if (profiles->FindByName(profile->name) != nullptr) {
      absl::StrAppend(&profile->name, "@", part.digest.ToHex());
    }
    RETURN_IF_ERROR(profiles->Add(*std::move(profile)));
  }
  return absl::OkStatus();
}

void ArchiveWriter::AddProfile(const engine::Profile& profile) {
  AddProfile(profile.digest, engine::FormatProfile(profile));
}

void ArchiveWriter::AddProfile(const Hash256& digest, absl::string_view text) {
  profiles_.try_emplace(digest, text);
}

void ArchiveWriter::AddModule(const Hash256& hash,
                              std::shared_ptr<const base::Bytes> bytes) {
  modules_.try_emplace(hash, std::move(bytes));
}

void ArchiveWriter::AddRecord(const Record& record) {
  bodies_.push_back(EncodeRecord(record));
}

void ArchiveWriter::AddBody(absl::string_view body) {
  bodies_.emplace_back(body);
}

absl::Status ArchiveWriter::Add(const Archive& archive) {
  for (const Archive::Profile& part : archive.profiles()) {
    AddProfile(part.digest, part.text);
  }
  for (size_t i = 0; i < archive.size(); ++i) {
    ASSIGN_OR_RETURN(const Record record, archive.Read(i));
    for (const Hash256& hash : ModulesOf(record)) {
      if (auto bytes = archive.FindModule(hash)) AddModule(hash, bytes);
    }
    AddBody(archive.body(i));
  }
  return absl::OkStatus();
}

base::Bytes ArchiveWriter::Finish() const {
  Writer w;
  w.Raw(kMagic);
  w.U32(kFormatVersion);
  FileDigest digest(kFormatVersion);
  w.Count(profiles_.size());
  digest.Count(profiles_.size());
  for (const auto& [profile_digest, text] : profiles_) {
    w.Hash(profile_digest);
    w.Bytes(text);
    digest.Hash(profile_digest);
    digest.Hash(base::Blake2b256(text));
  }
  w.Count(modules_.size());
  digest.Count(modules_.size());
  for (const auto& [hash, bytes] : modules_) {
    w.Bytes(*bytes);
    digest.Hash(hash);
  }
  w.Count(bodies_.size());
  digest.Count(bodies_.size());
  for (const std::string& body : bodies_) {
    const Hash256 hash = base::Blake2b256(body);
    w.Bytes(body);
    w.Hash(hash);
    digest.Hash(hash);
  }
  w.Hash(digest.Finish());
  return std::move(w).Take();
}

}  // namespace ashlar::replay
