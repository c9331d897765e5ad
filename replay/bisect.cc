#include "replay/bisect.h"

#include <algorithm>
#include <utility>

#include "engine/base/status_macros.h"
#include "engine/request.h"
#include "metering/fuel.h"

namespace ashlar::replay {
namespace {

constexpr uint64_t kMarksARound = 8;

bool StandAlike(const Standing& a, const Standing& b) {
  if (a.mark.has_value() != b.mark.has_value() ||
      a.completed.has_value() != b.completed.has_value()) {
    return false;
  }
  if (a.mark.has_value()) return a.mark->state == b.mark->state;
  if (!a.completed.has_value()) return true;
  // Not the request digest: it names the profile, which may be the point.
  return a.completed->digests.effects == b.completed->digests.effects &&
         a.completed->fuel.used == b.completed->fuel.used;
}

class Bisection {
 public:
  Bisection(StandFunction a, StandFunction b) : a_(a), b_(b) {}

  absl::StatusOr<Parting> Run();

 private:
  // Whether both stand alike at the mark; where not, `*parting` says how.
  absl::StatusOr<bool> CompareAt(uint64_t fuel, Parting* parting);

  StandFunction a_;
  StandFunction b_;
};

absl::StatusOr<bool> Bisection::CompareAt(uint64_t fuel, Parting* parting) {
  ASSIGN_OR_RETURN(Standing a, a_(fuel));
  ASSIGN_OR_RETURN(Standing b, b_(fuel));
  if (StandAlike(a, b)) {
    parting->common = std::move(a);
    return true;
  }
  parting->is_found = true;
  parting->fuel = fuel;
  parting->a = std::move(a);
  parting->b = std::move(b);
  return false;
}

absl::StatusOr<Parting> Bisection::Run() {
  Parting parting;
  ASSIGN_OR_RETURN(bool alike, CompareAt(metering::kFuelMax, &parting));
  parting.common.reset();
  if (alike) return parting;
  // Both have ended with what the longer one used.
  uint64_t different = 0;
  for (const Standing* side : {&parting.a, &parting.b}) {
    different = std::max(different, side->completed.has_value()
                                        ? side->completed->fuel.used
                                        : metering::kFuelMax);
  }
  ASSIGN_OR_RETURN(alike, CompareAt(0, &parting));
  uint64_t equal = 0;
  while (alike && different - equal > 1) {
    const uint64_t begin = equal;
    const uint64_t width = different - equal;
    for (uint64_t i = 1; i <= kMarksARound; ++i) {
      const uint64_t mark = begin + width / (kMarksARound + 1) * i +
                            width % (kMarksARound + 1) * i / (kMarksARound + 1);
      if (mark <= equal) continue;
      ASSIGN_OR_RETURN(const bool are_alike, CompareAt(mark, &parting));
      if (!are_alike) {
        different = mark;
        break;
      }
      equal = mark;
    }
  }
  if (parting.common.has_value()) parting.fuel = different;
  return parting;
}

}  // namespace

absl::StatusOr<Standing> StandAt(const Side& side, uint64_t fuel,
                                 ModuleSource modules,
                                 const std::atomic<bool>* cancel) {
  ASSIGN_OR_RETURN(engine::ExecuteRequest request,
                   RequestOf(*side.record, *side.archive, modules));
  if (side.profile != base::Hash256{}) request.profile = side.profile;
  RecordedState state(*side.record, *side.archive, modules);
  Standing standing;
  ASSIGN_OR_RETURN(engine::ExecuteResult result,
                   side.engine->ExecuteToMark(request, &state, fuel,
                                              &standing.mark, cancel));
  standing.completed = std::move(result.completed);
  return standing;
}

absl::StatusOr<Parting> Bisect(StandFunction a, StandFunction b) {
  return Bisection(a, b).Run();
}

absl::StatusOr<Parting> Bisect(const Side& a, const Side& b,
                               ModuleSource modules,
                               const std::atomic<bool>* cancel) {
  return Bisect(
      [&](uint64_t fuel) { return StandAt(a, fuel, modules, cancel); },
      [&](uint64_t fuel) { return StandAt(b, fuel, modules, cancel); });
}

}  // namespace ashlar::replay
