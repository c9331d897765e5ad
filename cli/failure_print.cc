#include "cli/failure_print.h"

#include <optional>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "engine/base/bytes.h"
#include "engine/interp/trap.h"

namespace ashlar::cli {
namespace {

using engine::BacktraceFrame;
using engine::OutcomeClass;

std::string Short(const state::AccountId& account) {
  return absl::StrCat(account.ToHex().substr(0, 8), "...");
}

Json PlaceJson(const BacktraceFrame& place) {
  return {{"account", place.account.ToHex()},
          {"function", place.function},
          {"offset", place.offset},
          {"name", place.name}};
}

Json PlaceJson(const std::optional<BacktraceFrame>& place) {
  return place.has_value() ? PlaceJson(*place) : Json();
}

Json PlacesJson(const std::vector<BacktraceFrame>& places) {
  Json list = Json::array();
  for (const BacktraceFrame& place : places) list.push_back(PlaceJson(place));
  return list;
}

std::string PlaceText(const BacktraceFrame& place) {
  return absl::StrCat(
      "function ", place.function, place.name.empty() ? "" : " ",
      absl::Utf8SafeCHexEscape(place.name), ", byte ", place.offset);
}

Json OpenJson(const engine::OpenContract& open) {
  return {{"account", open.account.ToHex()},
          {"code_hash", open.code_hash.ToHex()},
          {"entry", open.entry},
          {"is_delegate", open.is_delegate},
          {"phase", std::string(engine::PhaseName(open.phase))},
          {"fuel_limit", open.fuel_limit},
          {"fuel_by", FuelJson(open.by)},
          {"place", PlaceJson(open.place)}};
}

Json FailureJson(const engine::Diagnostics& d) {
  Json json;
  json["message"] = d.message;
  json["phase"] =
      d.phase.has_value() ? std::string(engine::PhaseName(*d.phase)) : "";
  json["host_function"] = d.host_function;
  json["charge"] = nullptr;
  if (d.shortage.has_value()) {
    json["charge"] = {
        {"category", std::string(CategoryName(d.shortage->category))},
        {"missing", d.shortage->missing},
        {"depth", d.shortage->depth}};
  }
  json["bound"] = nullptr;
  if (d.limit_shortage.has_value()) {
    json["bound"] = {{"name", d.limit_shortage->name},
                     {"limit", d.limit_shortage->limit},
                     {"needed", d.limit_shortage->needed}};
  }
  json["backtrace"] = PlacesJson(d.backtrace);
  json["call_path"] = Json::array();
  for (const engine::OpenContract& open : d.call_path) {
    json["call_path"].push_back(OpenJson(open));
  }
  return json;
}

Json NestedJson(const engine::NestedFailure& failure) {
  Json json = {{"depth", failure.depth},
               {"account", failure.account.ToHex()},
               {"code_hash", failure.code_hash.ToHex()},
               {"phase", std::string(engine::PhaseName(failure.phase))},
               {"outcome", std::string(engine::OutcomeName(failure.klass))},
               {"trap", nullptr},
               {"limit", nullptr},
               {"message", failure.message},
               {"host_function", failure.host_function},
               {"place", PlaceJson(failure.place)}};
  if (failure.klass == OutcomeClass::kTrapped) {
    json["trap"] = std::string(interp::TrapName(failure.trap));
  }
  if (failure.klass == OutcomeClass::kLimitExceeded) {
    json["limit"] = std::string(engine::ResourceName(failure.limit));
  }
  return json;
}

std::string ShortageText(const engine::Diagnostics& d) {
  std::string text;
  if (d.shortage.has_value()) {
    absl::StrAppend(&text, "out of fuel: ", d.shortage->missing,
                    " missing for ", CategoryName(d.shortage->category), "\n");
  }
  if (d.limit_shortage.has_value()) {
    absl::StrAppend(&text, d.limit_shortage->name, " is ",
                    d.limit_shortage->limit);
    if (d.limit_shortage->needed != 0) {
      absl::StrAppend(&text, "; ", d.limit_shortage->needed, " were needed");
    }
    absl::StrAppend(&text, "\n");
  }
  return text;
}

std::string OpenText(const engine::OpenContract& open) {
  std::string text =
      absl::StrCat("  contract ", Short(open.account), " ",
                   absl::Utf8SafeCHexEscape(open.entry),
                   open.is_delegate ? " (delegate)" : "", ", ",
                   engine::PhaseName(open.phase), ", used ", open.by.Sum(),
                   " of ", open.fuel_limit, " fuel");
  const std::string by = FuelText(open.by);
  if (!by.empty()) absl::StrAppend(&text, " (", by, ")");
  return absl::StrCat(text, "\n");
}

std::string NestedText(const engine::NestedFailure& failure) {
  std::string text =
      absl::StrCat("nested: contract ", Short(failure.account), " at depth ",
                   failure.depth, " ", engine::OutcomeName(failure.klass));
  if (!failure.message.empty()) {
    absl::StrAppend(&text, ": ", absl::Utf8SafeCHexEscape(failure.message));
  }
  if (!failure.host_function.empty()) {
    absl::StrAppend(&text, ", in ", failure.host_function);
  }
  if (failure.place.has_value()) {
    absl::StrAppend(&text, ", ", PlaceText(*failure.place));
  }
  return absl::StrCat(text, "\n");
}

}  // namespace

void AddDiagnostics(const engine::ExecuteResult& result, Json* json) {
  const engine::Diagnostics& d = result.diagnostics;
  (*json)["failure"] = d.phase.has_value() ? FailureJson(d) : Json();
  Json nested = Json::array();
  for (const engine::NestedFailure& failure : d.nested_failures) {
    nested.push_back(NestedJson(failure));
  }
  (*json)["nested_failures"] = std::move(nested);
  (*json)["fuel_reads"] = PlacesJson(d.fuel_reads);
}

std::string DiagnosticsText(const engine::Diagnostics& d) {
  std::string text;
  for (const engine::NestedFailure& failure : d.nested_failures) {
    absl::StrAppend(&text, NestedText(failure));
  }
  if (!d.message.empty()) {
    absl::StrAppend(&text, absl::Utf8SafeCHexEscape(d.message), "\n");
  }
  absl::StrAppend(&text, ShortageText(d));
  if (!d.host_function.empty()) {
    absl::StrAppend(&text, "  in ", d.host_function, "\n");
  }
  for (const std::string& message : d.debug_messages) {
    absl::StrAppend(&text, "debug: ", absl::Utf8SafeCHexEscape(message), "\n");
  }
  for (const BacktraceFrame& frame : d.backtrace) {
    absl::StrAppend(&text, "  at ", PlaceText(frame), ", of ",
                    Short(frame.account), "\n");
  }
  for (size_t i = d.call_path.size(); i-- > 0;) {
    const engine::OpenContract& open = d.call_path[i];
    absl::StrAppend(&text, OpenText(open));
    if (i + 1 < d.call_path.size() && open.place.has_value()) {
      absl::StrAppend(&text, "    which called from ", PlaceText(*open.place),
                      "\n");
    }
  }
  for (const BacktraceFrame& place : d.fuel_reads) {
    absl::StrAppend(&text, "fuel was read at ", PlaceText(place), ", of ",
                    Short(place.account), "\n");
  }
  return text;
}

void AddEstimation(const engine::Estimation& estimation, Json* json) {
  Json needs = Json::object();
  for (const engine::ResourceNeed& need : estimation.resources) {
    needs[std::string(engine::ResourceName(need.resource))] = {
        {"needed", need.needed},
        {"limit", need.limit},
        {"exceeded", need.exceeded}};
  }
  Json list = Json::array();
  for (const engine::Access& access : estimation.access) {
    list.push_back({{"account", access.key.account.ToHex()},
                    {"kind", static_cast<int>(access.key.kind)},
                    {"key", base::HexEncode(access.key.key)},
                    {"read", access.read},
                    {"written", access.written}});
  }
  (*json)["needs"] = std::move(needs);
  (*json)["access"] = std::move(list);
}

std::string EstimationText(const engine::Estimation& estimation) {
  std::string text;
  for (const engine::ResourceNeed& need : estimation.resources) {
    absl::StrAppend(&text, "needs       ", engine::ResourceName(need.resource),
                    " ", need.needed);
    if (need.limit != 0) absl::StrAppend(&text, " of ", need.limit);
    absl::StrAppend(&text, need.exceeded ? ", exceeded\n" : "\n");
  }
  for (const engine::Access& access : estimation.access) {
    absl::StrAppend(&text, "access      ",
                    access.read && access.written ? "read, written"
                    : access.read                 ? "read"
                                                  : "written",
                    " ", KeyText(access.key), " of ",
                    access.key.account.ToHex(), "\n");
  }
  if (estimation.result.completed.has_value()) {
    absl::StrAppend(&text, "reads       ",
                    estimation.result.completed->digests.reads.ToHex(), "\n");
  }
  return text;
}

}  // namespace ashlar::cli
