// One printer for outcomes, of executions in this process and on a server.
#ifndef CLI_RESULT_PRINT_H_
#define CLI_RESULT_PRINT_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "engine/outcome.h"
#include "engine/state/types.h"
#include "metering/fuel.h"
#include "nlohmann/json.hpp"

namespace ashlar::cli {

// Objects whose fields keep the order they were written in.
using Json = nlohmann::ordered_json;

// The object that `call` and `execute` print: the fields that CLI users'
// scripts rely on. Storage of `contract` is in "writes" and "deletes", what
// else of it changed in "own", every change of another account in "accounts".
Json CallJson(const engine::Completed& completed,
              const state::AccountId& contract);

// The same for people, several lines.
std::string CallText(const engine::Completed& completed,
                     const state::AccountId& contract);

// {"compile": .., "instantiate": .., "compute": .., "memory": .., "host": ..,
// "calls": ..}
Json FuelJson(const metering::FuelByCategory& by);
// "compile 812, instantiate 1242, ...", without the categories that are 0.
std::string FuelText(const metering::FuelByCategory& by);

// "compile"
absl::string_view CategoryName(metering::Category category);

// "storage 0102", "balance"
std::string KeyText(const state::Key& key);

// One line of JSON. Bytes that are no UTF-8 (names out of modules) become
// U+FFFD.
std::string OneLine(const Json& json);

// {"code", "message", "offset"} for each.
Json ViolationsJson(const std::vector<wasm::Violation>& violations);

// "  CODE at byte N: MESSAGE", a line each.
std::string ViolationsText(const std::vector<wasm::Violation>& violations);

// What NeedsState asks for, for stderr.
std::string NeedsStateText(const engine::NeedsState& needs);

}  // namespace ashlar::cli

#endif  // CLI_RESULT_PRINT_H_
