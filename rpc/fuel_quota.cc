#include "rpc/fuel_quota.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "metering/fuel.h"

namespace ashlar::rpc {
namespace {

// Clients remembered before full buckets, which equal no bucket, are dropped.
constexpr size_t kSweepClients = 4096;
// Room for the charges of many concurrent calls of kFuelMax each.
constexpr int64_t kDebtMax = int64_t{1} << 61;

}  // namespace

std::string ClientOfPeer(absl::string_view peer) {
  if (absl::StartsWith(peer, "ipv4:") || absl::StartsWith(peer, "ipv6:")) {
    peer = peer.substr(0, peer.rfind(':'));
  } else if (absl::StartsWith(peer, "unix:")) {
    peer = "unix";
  }
  return std::string(peer.data(), peer.size());
}

FuelQuota::FuelQuota(uint64_t fuel_per_second)
    : fuel_per_second_(std::min(fuel_per_second, metering::kFuelMax)),
      sweep_at_(kSweepClients) {}

void FuelQuota::Refill(Bucket* bucket, absl::Time now) const {
  const absl::Duration passed = now - bucket->filled;
  if (passed <= absl::ZeroDuration()) return;
  bucket->filled = now;
  const double refill =
      absl::ToDoubleSeconds(passed) * static_cast<double>(fuel_per_second_);
  const auto full = static_cast<int64_t>(fuel_per_second_);
  const double fuel = static_cast<double>(bucket->fuel) + refill;
  bucket->fuel =
      fuel >= static_cast<double>(full) ? full : static_cast<int64_t>(fuel);
}

FuelQuota::Bucket& FuelQuota::Refill(absl::string_view client, absl::Time now) {
  auto it = buckets_.find(client);
  if (it == buckets_.end()) {
    if (buckets_.size() >= sweep_at_) ForgetFull(now);
    const auto full = static_cast<int64_t>(fuel_per_second_);
    it = buckets_.emplace(client, Bucket{full, now}).first;
  }
  Refill(&it->second, now);
  return it->second;
}

void FuelQuota::ForgetFull(absl::Time now) {
  const auto full = static_cast<int64_t>(fuel_per_second_);
  for (auto it = buckets_.begin(); it != buckets_.end();) {
    Refill(&it->second, now);
    if (it->second.fuel >= full) {
      buckets_.erase(it++);
    } else {
      ++it;
    }
  }
  // Doubling keeps the sweeps' cost constant per client.
  sweep_at_ = std::max(kSweepClients, 2 * buckets_.size());
}

absl::Status FuelQuota::Admit(absl::string_view client, absl::Time now) {
  if (fuel_per_second_ == 0) return absl::OkStatus();
  int64_t fuel = 0;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    fuel = Refill(client, now).fuel;
  }
  if (fuel > 0) return absl::OkStatus();
  // Until there is fuel again, rounded up. The debt is at most 2^61, so at 1 a
  // second the milliseconds need more than 64 bits.
  const auto missing = static_cast<unsigned __int128>(1 - fuel);
  const auto wait_ms = std::min<unsigned __int128>(
      (missing * 1000 + fuel_per_second_ - 1) / fuel_per_second_, UINT64_MAX);
  return absl::ResourceExhaustedError(
      absl::StrCat("this client has used up its quota of ", fuel_per_second_,
                   " fuel per second; try again in ",
                   static_cast<uint64_t>(wait_ms), " ms"));
}

void FuelQuota::Charge(absl::string_view client, uint64_t fuel,
                       absl::Time now) {
  if (fuel_per_second_ == 0) return;
  const std::lock_guard<std::mutex> lock(mutex_);
  Bucket& bucket = Refill(client, now);
  const auto used = static_cast<int64_t>(std::min(fuel, metering::kFuelMax));
  bucket.fuel = std::max(bucket.fuel - used, -kDebtMax);
}

size_t FuelQuota::client_count() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return buckets_.size();
}

}  // namespace ashlar::rpc
