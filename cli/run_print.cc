#include "cli/run_print.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "cli/value.h"
#include "engine/base/status_macros.h"
#include "engine/interp/trap.h"
#include "engine/wasm/types.h"

namespace ashlar::cli {

absl::StatusOr<std::vector<engine::Value>> ParseArguments(
    const engine::PreparedInstance& instance, absl::string_view name,
    absl::Span<const std::string> texts) {
  const wasm::FuncType* const type = instance.ExportType(name);
  if (type == nullptr) {
    return absl::NotFoundError(
        absl::StrCat("the module exports no function \"", name, "\""));
  }
  if (texts.size() != type->param_count) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", name, "\" takes ", type->param_count,
                     " arguments, not ", texts.size()));
  }
  std::vector<engine::Value> values;
  for (size_t i = 0; i < texts.size(); ++i) {
    const wasm::ValType param = type->params()[i];
    ASSIGN_OR_RETURN(const uint64_t bits, ParseValue(param, texts[i]));
    values.push_back({param, bits});
  }
  return values;
}

absl::StatusOr<engine::RunResult> PrepareAndCall(
    absl::string_view bytes, const engine::Profile& profile,
    absl::string_view name, absl::Span<const std::string> args,
    uint64_t fuel_limit, engine::PreparedInstance* instance) {
  engine::RunResult prepared = instance->Prepare(bytes, profile, fuel_limit);
  if (prepared.klass != engine::OutcomeClass::kReturned) return prepared;
  const auto values = ParseArguments(*instance, name, args);
  if (!values.ok()) return values.status();
  engine::RunResult result =
      instance->Call(name, *values, fuel_limit - prepared.fuel_used);
  result.fuel_limit = fuel_limit;
  result.fuel_used += prepared.fuel_used;
  for (int i = 0; i < static_cast<int>(metering::Category::kCount); ++i) {
    result.fuel_by.by[i] += prepared.fuel_by.by[i];
  }
  return result;
}

Json ValuesJson(absl::Span<const engine::Value> values) {
  Json list = Json::array();
  for (const engine::Value& value : values) {
    list.push_back(FormatValue(value.type, value.bits));
  }
  return list;
}

Json RunJson(const engine::RunResult& result) {
  Json json;
  json["outcome"] = std::string(engine::OutcomeName(result.klass));
  json["results"] = ValuesJson(result.results);
  json["trap"] = nullptr;
  if (result.klass == engine::OutcomeClass::kTrapped) {
    json["trap"] = std::string(interp::TrapName(result.trap));
  }
  json["fuel_used"] = result.fuel_used;
  json["fuel_limit"] = result.fuel_limit;
  json["fuel_by"] = FuelJson(result.fuel_by);
  return json;
}

std::string RunText(const engine::RunResult& result) {
  std::string text =
      absl::StrCat("outcome     ", engine::OutcomeName(result.klass), "\n");
  for (const engine::Value& value : result.results) {
    absl::StrAppend(&text, "result      ", FormatValue(value.type, value.bits),
                    "\n");
  }
  absl::StrAppend(&text, "fuel        ", result.fuel_used, " of ",
                  result.fuel_limit, "\n            ", FuelText(result.fuel_by),
                  "\n");
  return text;
}

std::string RunDiagnostics(const engine::RunResult& result) {
  std::string text;
  if (!result.message.empty()) absl::StrAppend(&text, result.message, "\n");
  absl::StrAppend(&text, ViolationsText(result.violations));
  for (const engine::BacktraceFrame& frame : result.backtrace) {
    absl::StrAppend(&text, "  at function ", frame.function,
                    frame.name.empty() ? "" : " " + frame.name, ", byte ",
                    frame.offset, "\n");
  }
  return text;
}

}  // namespace ashlar::cli
