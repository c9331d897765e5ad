// Families of hostile programs: each turns a few numbers into a program, and
// the search of worst_case looks for the numbers with which a unit of fuel
// takes longest.
#ifndef BENCH_CALIBRATE_FAMILIES_H_
#define BENCH_CALIBRATE_FAMILIES_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "bench/calibrate/measure.h"
#include "bench/calibrate/workload.h"

namespace ashlar::bench {

// Numbers of a program, each below its range.
using Genes = std::vector<uint32_t>;

enum class ProgramKind {
  kExport,    // NewExportWorkload
  kGrow,      // NewGrowWorkload: a new instance for each run
  kContract,  // NewContractWorkload over the disk's state
  kModule,    // NewModuleWorkload: the text is one of n equal functions
};

struct Family {
  std::string name;
  ProgramKind kind = ProgramKind::kExport;
  Genes ranges;
  // Text of a module; of kModule, the fields that are repeated.
  std::function<std::string(const Genes&)> text;
  uint32_t count_max = kCountMax;
  // Whose limits and prices hold; contracts are of seal-1.
  const char* profile = "relaxed-1";
};

std::vector<Family> Families();

// `state` outlives it; used by contracts alone.
std::unique_ptr<Workload> NewWorkload(const Family& family,
                                      const std::string& text,
                                      StateSource* state);

}  // namespace ashlar::bench

#endif  // BENCH_CALIBRATE_FAMILIES_H_
