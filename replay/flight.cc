#include "replay/flight.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/serial.h"
#include "engine/base/status_macros.h"
#include "engine/digests.h"
#include "replay/parser.h"
#include "replay/record.h"
#include "replay/verify.h"

namespace ashlar::replay {
namespace {

constexpr absl::string_view kFlightMagic(
    "\x89"
    "ashfly\n",
    8);
constexpr uint32_t kFlightVersion = 1;
constexpr uint64_t kHeaderSize = 4096;
constexpr size_t kDeathsKept = 64;  // the header holds no more

constexpr uint8_t kReadEntry = 1;
constexpr uint8_t kModuleEntry = 2;

enum SlotState : uint32_t { kIdle = 0, kRunning = 1, kDied = 2 };

}  // namespace

// In the file; the bytes follow. Written by one thread, read by the next
// process, so its order in memory is all that matters.
struct FlightRecorder::Slot {
  std::atomic<uint32_t> state;
  uint32_t index;
  std::atomic<uint64_t> size;
  char* bytes() { return reinterpret_cast<char*>(this + 1); }
};

namespace {

// What this thread executes now. Read by a signal handler of this thread.
thread_local std::atomic<std::atomic<uint32_t>*> current_state = nullptr;

void MarkAndDie(int signal) {
  std::atomic<uint32_t>* const state = current_state;
  if (state != nullptr) *state = kDied;
  // SA_RESETHAND restored what the signal does by itself.
  raise(signal);
}

absl::Status Unavailable(absl::string_view what, const std::string& path) {
  return absl::UnavailableError(absl::StrCat(
      "cannot ", what, " the flight recorder ", path, ": ", strerror(errno)));
}

// The whole file of the last process; empty where there is none.
std::string ReadOpenFile(int file) {
  struct stat info = {};
  if (fstat(file, &info) != 0 || info.st_size <= 0) return "";
  std::string content(static_cast<size_t>(info.st_size), '\0');
  size_t done = 0;
  while (done < content.size()) {
    const ssize_t n = pread(file, content.data() + done, content.size() - done,
                            static_cast<off_t>(done));
    if (n <= 0) return "";
    done += static_cast<size_t>(n);
  }
  return content;
}

struct Header {
  uint32_t slot_count = 0;
  uint64_t slot_size_bytes = 0;
  std::vector<FlightRecorder::Death> deaths;
};

absl::StatusOr<Header> ParseHeader(absl::string_view file) {
  Parser p(file, 0);
  if (p.Raw(kFlightMagic.size(), "the mark") != kFlightMagic) {
    p.Refuse(0, "this is no flight recorder's file");
  }
  if (p.U32("version") != kFlightVersion) p.Refuse(8, "another version");
  Header header;
  header.slot_count = p.U32("slots");
  header.slot_size_bytes = p.U64("slot size");
  const uint32_t deaths = p.U32("deaths");
  if (deaths > kDeathsKept) p.Refuse(24, "too many deaths");
  for (uint32_t i = 0; i < deaths && p.ok(); ++i) {
    FlightRecorder::Death& death = header.deaths.emplace_back();
    death.request = p.Hash("request digest");
    death.count = p.U32("count");
  }
  if (!p.ok()) return p.status();
  return header;
}

// One slot's bytes as a record, as far as they are complete. The reads come in
// the order in which they were made, each once.
bool AddSlot(absl::string_view bytes, ArchiveWriter* writer) {
  Parser p(bytes, 0);
  const base::Hash256 profile = p.Hash("profile digest");
  const absl::string_view text = p.Bytes("profile");
  const absl::string_view body = p.Bytes("record");
  const bool has_module = p.Bool("module");
  const absl::string_view module = has_module ? p.Bytes("module") : "";
  if (!p.ok()) return false;
  absl::StatusOr<Record> record = DecodeRecord(body, 0);
  if (!record.ok()) return false;
  if (has_module) {
    record->module = base::Blake2b256(module);
    writer->AddModule(record->module,
                      std::make_shared<const base::Bytes>(module));
  }
  while (p.ok() && p.offset() < bytes.size()) {
    const uint8_t entry = p.Choice(kReadEntry, kModuleEntry, "entry");
    if (entry == kReadEntry) {
      replay::Read read;
      read.key.account = p.Hash("account");
      read.key.kind = static_cast<state::Kind>(p.Choice(1, 4, "kind"));
      read.key.key = base::Bytes(p.Bytes("key"));
      if (p.Bool("present")) read.value = base::Bytes(p.Bytes("value"));
      if (p.ok()) record->reads.push_back(std::move(read));
    } else {
      const base::Hash256 hash = p.Hash("module");
      const bool present = p.Bool("present");
      const absl::string_view found = present ? p.Bytes("module") : "";
      if (!p.ok()) break;
      record->modules.push_back({hash, present});
      if (present) {
        writer->AddModule(hash, std::make_shared<const base::Bytes>(found));
      }
    }
  }
  const auto by_key = [](const replay::Read& a, const replay::Read& b) {
    return a.key < b.key;
  };
  std::sort(record->reads.begin(), record->reads.end(), by_key);
  auto& modules = record->modules;
  std::sort(modules.begin(), modules.end(),
            [](const auto& a, const auto& b) { return a.hash < b.hash; });
  modules.erase(std::unique(modules.begin(), modules.end()), modules.end());
  writer->AddProfile(profile, text);
  writer->AddRecord(*record);
  return true;
}

}  // namespace

bool IsFlightFile(absl::string_view file) {
  return file.substr(0, kFlightMagic.size()) == kFlightMagic;
}

absl::StatusOr<Archive> ParseFlights(absl::string_view file, bool only_died) {
  ASSIGN_OR_RETURN(const Header header, ParseHeader(file));
  ArchiveWriter writer;
  constexpr uint64_t kSlotHeader = 16;
  for (uint32_t i = 0; i < header.slot_count; ++i) {
    if (header.slot_size_bytes <= kSlotHeader || file.size() < kHeaderSize ||
        (file.size() - kHeaderSize) / header.slot_size_bytes <= i) {
      break;
    }
    const absl::string_view slot = file.substr(
        kHeaderSize + i * header.slot_size_bytes, header.slot_size_bytes);
    const uint32_t state = base::LoadLe<uint32_t>(slot.data());
    const uint64_t size = base::LoadLe<uint64_t>(slot.data() + 8);
    if (state != kDied && (only_died || state != kRunning)) continue;
    if (size > header.slot_size_bytes - kSlotHeader) continue;
    AddSlot(slot.substr(kSlotHeader, size), &writer);
  }
  return Archive::Parse(writer.Finish());
}

absl::StatusOr<std::unique_ptr<FlightRecorder>> FlightRecorder::Open(
    const FlightOptions& options) {
  static_assert(sizeof(Slot) == 16);
  std::unique_ptr<FlightRecorder> recorder(new FlightRecorder);
  recorder->path_ = options.path;
  recorder->file_ = open(options.path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC,
                         S_IRUSR | S_IWUSR);
  if (recorder->file_ < 0) return Unavailable("open", options.path);
  if (flock(recorder->file_, LOCK_EX | LOCK_NB) != 0) {
    return Unavailable("lock", options.path);
  }
  recorder->ReadDeaths(ReadOpenFile(recorder->file_));
  RETURN_IF_ERROR(recorder->Map(options));
  recorder->WriteDeaths();
  for (const engine::Profile* profile : options.profiles->all()) {
    recorder->profile_texts_[profile->digest] = engine::FormatProfile(*profile);
  }
  return recorder;
}

void FlightRecorder::ReadDeaths(absl::string_view content) {
  absl::StatusOr<Header> header = ParseHeader(content);
  if (!header.ok()) return;
  deaths_ = std::move(header->deaths);
  const auto died = ParseFlights(content, /*only_died=*/true);
  for (size_t i = 0; died.ok() && i < died->size(); ++i) {
    // A record that cannot be written is a pity, the count is what matters.
    const absl::Status noted = NoteDeath(*died, i);
    if (!noted.ok()) {
      std::fprintf(stderr, "%s\n", std::string(noted.message()).c_str());
    }
  }
}

absl::Status FlightRecorder::NoteDeath(const Archive& archive, size_t index) {
  ASSIGN_OR_RETURN(const Record record, archive.Read(index));
  ASSIGN_OR_RETURN(const engine::ExecuteRequest request,
                   RequestOf(record, archive, NoModules));
  const base::Hash256 digest = engine::RequestDigest(request);
  auto death =
      std::find_if(deaths_.begin(), deaths_.end(),
                   [&](const Death& d) { return d.request == digest; });
  if (death == deaths_.end()) {
    // The oldest that may still be executed makes room, else the oldest.
    if (deaths_.size() >= kDeathsKept) {
      const auto oldest =
          std::find_if(deaths_.begin(), deaths_.end(),
                       [](const Death& d) { return d.count < kDeathsMax; });
      deaths_.erase(oldest != deaths_.end() ? oldest : deaths_.begin());
    }
    death = deaths_.insert(deaths_.end(), Death{digest, 0, ""});
  }
  ++death->count;
  ArchiveWriter writer;
  for (const Archive::Profile& part : archive.profiles()) {
    if (part.digest == record.request.profile) {
      writer.AddProfile(part.digest, part.text);
    }
  }
  for (const base::Hash256& hash : ModulesOf(record)) {
    if (auto bytes = archive.FindModule(hash)) writer.AddModule(hash, bytes);
  }
  writer.AddRecord(record);
  const base::Bytes file = writer.Finish();
  const std::string path =
      absl::StrCat(path_, ".", digest.ToHex().substr(0, 16), ".rec");
  std::FILE* out = std::fopen(path.c_str(), "wb");
  if (out == nullptr) return Unavailable("write a record beside", path_);
  const size_t written = std::fwrite(file.data(), 1, file.size(), out);
  if (std::fclose(out) != 0 || written != file.size()) {
    return Unavailable("write a record beside", path_);
  }
  death->record_path = path;
  return absl::OkStatus();
}

absl::Status FlightRecorder::Map(const FlightOptions& options) {
  // Slots begin at a multiple of their header's alignment.
  slot_size_bytes_ = (options.slot_size_bytes + 4095) / 4096 * 4096;
  size_bytes_ = kHeaderSize + options.slot_count * slot_size_bytes_;
  // What the last process left was read: all zero again.
  if (ftruncate(file_, 0) != 0 ||
      ftruncate(file_, static_cast<off_t>(size_bytes_)) != 0) {
    return Unavailable("resize", path_);
  }
  void* const memory =
      mmap(nullptr, size_bytes_, PROT_READ | PROT_WRITE, MAP_SHARED, file_, 0);
  if (memory == MAP_FAILED) return Unavailable("map", path_);
  memory_ = static_cast<char*>(memory);
  claimed_ = std::vector<std::atomic<bool>>(options.slot_count);
  return absl::OkStatus();
}

void FlightRecorder::WriteDeaths() {
  base::Writer w;
  w.Raw(kFlightMagic);
  w.U32(kFlightVersion);
  w.U32(static_cast<uint32_t>(claimed_.size()));
  w.U64(slot_size_bytes_);
  w.Count(deaths_.size());
  for (const Death& death : deaths_) {
    w.Hash(death.request);
    w.U32(death.count);
  }
  std::memcpy(memory_, w.data().data(), w.data().size());
  msync(memory_, kHeaderSize, MS_SYNC);
}

FlightRecorder::~FlightRecorder() {
  if (memory_ != nullptr) munmap(memory_, size_bytes_);
  if (file_ >= 0) close(file_);
}

absl::Status FlightRecorder::Admit(
    const engine::ExecuteRequest& request) const {
  const auto is_barred = [](const Death& d) { return d.count >= kDeathsMax; };
  // The usual case costs no digest.
  if (std::none_of(deaths_.begin(), deaths_.end(), is_barred)) {
    return absl::OkStatus();
  }
  const base::Hash256 digest = engine::RequestDigest(request);
  for (const Death& death : deaths_) {
    if (!is_barred(death) || death.request != digest) continue;
    return absl::InternalError(absl::StrCat(
        "request ", digest.ToHex(), " ended this server ", death.count,
        " times and is not executed again; its record is for `ashlar replay`"));
  }
  return absl::OkStatus();
}

void FlightRecorder::WatchSignals() {
  struct sigaction action = {};
  action.sa_handler = MarkAndDie;
  // Raised again inside of the handler, so it must not be blocked there.
  action.sa_flags = static_cast<int>(SA_RESETHAND | SA_NODEFER);
  for (int signal : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL}) {
    sigaction(signal, &action, nullptr);
  }
}

FlightRecorder::Slot* FlightRecorder::Claim() {
  for (size_t i = 0; i < claimed_.size(); ++i) {
    if (claimed_[i].exchange(true, std::memory_order_acquire)) continue;
    auto* slot =
        reinterpret_cast<Slot*>(memory_ + kHeaderSize + i * slot_size_bytes_);
    slot->index = static_cast<uint32_t>(i);
    slot->size = 0;
    return slot;
  }
  return nullptr;
}

Flight::Flight(FlightRecorder* recorder, const engine::ExecuteRequest& request,
               state::Reader* below)
    : recorder_(recorder), below_(below) {
  if (recorder_ == nullptr) return;
  slot_ = recorder_->Claim();
  if (slot_ == nullptr) return;
  const auto text = recorder_->profile_texts_.find(request.profile);
  Record record;
  record.semantics_version = engine::kSemanticsVersion;
  record.request = request;
  record.request.module_bytes.clear();
  const bool has_module = engine::IsGivenByBytes(request);
  if (has_module) {
    // Its hash is made when the record is read: here it costs too much.
    record.module_given = ModuleGiven::kBytes;
    record.module.bytes.fill(0xff);
  } else {
    record.module_given = request.module_hash == base::Hash256{}
                              ? ModuleGiven::kCallee
                              : ModuleGiven::kHash;
  }
  base::Writer w;
  w.Hash(request.profile);
  w.Bytes(text == recorder_->profile_texts_.end() ? "" : text->second);
  w.Bytes(EncodeRecord(record));
  w.U8(has_module ? 1 : 0);
  if (has_module) w.Bytes(request.module_bytes);
  Append(w.data());
  slot_->state = kRunning;
  current_state = &slot_->state;
}

Flight::~Flight() {
  if (slot_ == nullptr) return;
  current_state = nullptr;
  slot_->state = kIdle;
  recorder_->claimed_[slot_->index].store(false, std::memory_order_release);
}

bool Flight::Append(absl::string_view bytes) {
  const uint64_t size = slot_->size;
  if (is_full_ || bytes.size() > recorder_->slot_size_bytes_ -
                                     sizeof(FlightRecorder::Slot) - size) {
    is_full_ = true;
    return false;
  }
  std::memcpy(slot_->bytes() + size, bytes.data(), bytes.size());
  // Last, so that what it counts is there.
  slot_->size = size + bytes.size();
  return true;
}

absl::StatusOr<state::ReadResult> Flight::Read(const state::Key& key) {
  absl::StatusOr<state::ReadResult> result = below_->Read(key);
  if (slot_ == nullptr || !result.ok() ||
      result->found == state::Found::kUnknown) {
    return result;
  }
  const bool present = result->found == state::Found::kPresent;
  base::Writer w;
  w.U8(kReadEntry);
  w.Hash(key.account);
  w.U8(static_cast<uint8_t>(key.kind));
  w.Bytes(key.key);
  w.U8(present ? 1 : 0);
  if (present) w.Bytes(result->value);
  Append(w.data());
  return result;
}

absl::StatusOr<state::ModuleResult> Flight::Module(const base::Hash256& hash) {
  absl::StatusOr<state::ModuleResult> result = below_->Module(hash);
  if (slot_ == nullptr || !result.ok() ||
      result->found == state::Found::kUnknown) {
    return result;
  }
  // A contract that is called often is written once.
  if (std::find(modules_.begin(), modules_.end(), hash) != modules_.end()) {
    return result;
  }
  modules_.push_back(hash);
  base::Writer w;
  w.U8(kModuleEntry);
  w.Hash(hash);
  w.U8(result->bytes != nullptr ? 1 : 0);
  if (result->bytes != nullptr) w.Bytes(*result->bytes);
  Append(w.data());
  return result;
}

}  // namespace ashlar::replay
