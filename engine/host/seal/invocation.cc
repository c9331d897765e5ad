#include "engine/host/seal/invocation.h"

#include <algorithm>

#include "engine/base/bytes.h"
#include "engine/host/seal/work.h"
#include "metering/fuel.h"

namespace ashlar::host::seal {

using interp::HostResult;
using interp::Trap;

absl::string_view Invocation::InputAt(uint32_t ptr, uint32_t size_bytes) {
  interp::Memory* memory = call_.memory();
  if (!in_bounds_ || !memory->Contains(ptr, size_bytes)) {
    in_bounds_ = false;
    return {};
  }
  input_bytes_ += size_bytes;
  return absl::string_view(reinterpret_cast<const char*>(memory->base()) + ptr,
                           size_bytes);
}

base::Hash256 Invocation::InputHash(int ptr) {
  base::Hash256 hash;
  const absl::string_view bytes = InputFixed(ptr, base::Hash256::kSizeBytes);
  std::copy(bytes.begin(), bytes.end(), hash.bytes.begin());
  return hash;
}

base::Balance Invocation::InputBalance(int ptr) {
  const absl::string_view bytes = InputFixed(ptr, sizeof(base::Balance));
  return bytes.empty() ? 0 : base::LoadLe<base::Balance>(bytes.data());
}

void Invocation::OutputFixed(int ptr, uint32_t size_bytes) {
  in_bounds_ = in_bounds_ && call_.memory()->Contains(arg32(ptr), size_bytes);
}

uint64_t Invocation::BytesFuel(uint64_t size_bytes) const {
  return metering::CeilDiv(size_bytes, tree_.schedule().host_bytes_per_fuel);
}

bool Invocation::Charge(uint64_t fuel) {
  if (!call_.Charge(fuel)) return Fail(HostResult::kOutOfFuel);
  frame_.host_fuel += fuel;
  return true;
}

bool Invocation::Pay() {
  if (!in_bounds_) return Fail(Trap(Trap::kOutOfBoundsMemoryAccess));
  const metering::Schedule& schedule = tree_.schedule();
  return Charge(metering::SaturatingAdd(
      schedule.host_call + BytesFuel(input_bytes_),
      metering::SaturatingAdd(WorkFuel(*work_, input_bytes_, schedule),
                              WorkFuel(*more_work_, 0, schedule))));
}

bool Invocation::PayForValue(uint64_t size_bytes) {
  return Charge(
      metering::SaturatingMul(size_bytes, tree_.schedule().state_byte));
}

bool Invocation::PayForModule(uint64_t size_bytes) {
  return Charge(BytesFuel(size_bytes));
}

bool Invocation::WriteFixed(int ptr, absl::string_view value) {
  if (!Charge(BytesFuel(value.size()))) return false;
  std::copy(value.begin(), value.end(),
            call_.memory()->Slice(arg32(ptr), value.size()).begin());
  return true;
}

bool Invocation::CheckPair(uint32_t ptr, uint32_t len_ptr,
                           uint64_t size_bytes) {
  interp::Memory* memory = call_.memory();
  if (!memory->Contains(len_ptr, sizeof(uint32_t))) {
    return Fail(Trap(Trap::kOutOfBoundsMemoryAccess));
  }
  const uint32_t room = base::LoadLe<uint32_t>(memory->base() + len_ptr);
  if (size_bytes > room) {
    return Fail(TrapBeyond(Trap::kOutputBufferTooSmall, "output_buffer", room,
                           size_bytes));
  }
  if (!memory->Contains(ptr, size_bytes)) {
    return Fail(Trap(Trap::kOutOfBoundsMemoryAccess));
  }
  return true;
}

void Invocation::StorePair(uint32_t ptr, uint32_t len_ptr,
                           absl::string_view value) {
  interp::Memory* const memory = call_.memory();
  std::copy(value.begin(), value.end(),
            memory->Slice(ptr, value.size()).begin());
  base::StoreLe<uint32_t>(memory->Slice(len_ptr, sizeof(uint32_t)).data(),
                          static_cast<uint32_t>(value.size()));
}

bool Invocation::WritePairAt(uint32_t ptr, uint32_t len_ptr,
                             absl::string_view value) {
  if (!CheckPair(ptr, len_ptr, value.size()) ||
      !Charge(BytesFuel(value.size()))) {
    return false;
  }
  StorePair(ptr, len_ptr, value);
  return true;
}

void Invocation::NoteFuelRead() {
  // Finding the place walks its function: not more often than it is kept.
  if (!tree_.WantsFuelReads()) return;
  interp::TraceFrame place;
  for (const interp::TraceFrame& frame : call_.execution()->Backtrace(1)) {
    place = frame;
  }
  tree_.NoteFuelRead(place.function, place.offset);
}

HostResult Invocation::AnswerFuelLeft(int ptr, int len_ptr,
                                      uint64_t price_size_bytes,
                                      std::string (*encode)(uint64_t)) {
  NoteFuelRead();
  const uint64_t price = BytesFuel(price_size_bytes);
  const uint64_t left = fuel_left();
  const std::string value = encode(left < price ? 0 : left - price);
  if (!CheckPair(arg32(ptr), arg32(len_ptr), value.size()) || !Charge(price)) {
    return failed();
  }
  StorePair(arg32(ptr), arg32(len_ptr), value);
  return Done();
}

HostResult Invocation::Return32(uint32_t value) {
  call_.set_result32(value);
  return HostResult::kDone;
}

HostResult Invocation::Return64(uint64_t value) {
  call_.set_result64(value);
  return HostResult::kDone;
}

HostResult Invocation::AnswerPair(int ptr, int len_ptr,
                                  absl::string_view value) {
  return WritePair(ptr, len_ptr, value) ? Done() : failed();
}

}  // namespace ashlar::host::seal
