#include "tests/fuel/golden.h"

#include <fstream>
#include <iterator>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "engine/base/bytes.h"
#include "engine/base/check.h"
#include "engine/interp/trap.h"
#include "engine/outcome.h"
#include "engine/request.h"

namespace ashlar::testing {
namespace {

constexpr char kSecondSchedule[] = "tests/fuel/golden/second.schedule";

metering::Schedule SecondSchedule() {
  std::ifstream in(kSecondSchedule);
  const std::string text(std::istreambuf_iterator<char>(in), {});
  const auto schedule = metering::ParseSchedule(text);
  CHECK(schedule.ok(), schedule.status().message());
  return *schedule;
}

uint64_t Number(const Json& text) {
  uint64_t value = 0;
  CHECK(absl::SimpleAtoi(text.get<std::string>(), &value));
  return value;
}

std::string Unhex(const Json& hex) {
  return base::HexDecode(hex.get<std::string>()).value();
}

base::Hash256 HashOf(const Json& hex) {
  return base::Hash256::FromHex(hex.get<std::string>()).value();
}

std::string TrapTextOf(interp::Trap trap) {
  const absl::string_view text = interp::TrapText(trap);
  return std::string(text.data(), text.size());
}

}  // namespace

const std::vector<metering::Schedule>& GoldenSchedules() {
  static const auto& schedules = *new std::vector<metering::Schedule>{
      metering::Ashlar1(), SecondSchedule()};
  return schedules;
}

const metering::Schedule& GoldenSchedule(const Json& name) {
  for (const metering::Schedule& schedule : GoldenSchedules()) {
    if (name == schedule.name) return schedule;
  }
  base::CheckFailed(__FILE__, __LINE__, "a schedule of the vectors",
                    name.dump());
}

Json ScheduleJson(const metering::Schedule& schedule) {
  Json classes = Json::object();
  int i = 0;
#define COST_CLASS(name, price, meaning) \
  classes[#name] = schedule.class_price[i++];
#include "metering/cost_class.def"
  Json units = Json::object();
#define UNIT(name, price, meaning) units[#name] = schedule.name;
#include "metering/unit.def"
  return {{"digest", metering::Digest(schedule).ToHex()},
          {"classes", std::move(classes)},
          {"units", std::move(units)}};
}

Call CallOf(const Json& vector) {
  Call call;
  for (const Json& arg : vector["args"]) call.args.push_back(Number(arg));
  call.fuel_limit = kGoldenFuel;
  call.stack_slots_max = vector.value("stack_slots_max", kGoldenStackSlots);
  call.memory_pages_max = kGoldenPages;
  return call;
}

Json ResultJson(const Observation& observation) {
  Json json;
  switch (observation.kind) {
    case Observation::Kind::kReturned: {
      json["outcome"] = "returned";
      Json results = Json::array();
      for (const uint64_t bits : observation.results) {
        results.push_back(absl::StrCat(bits));
      }
      json["results"] = std::move(results);
      break;
    }
    case Observation::Kind::kTrapped:
      json["outcome"] = "trapped";
      json["trap"] = TrapTextOf(observation.trap);
      break;
    case Observation::Kind::kOutOfFuel:
      json["outcome"] = "out_of_fuel";
      break;
    case Observation::Kind::kNotInstantiated:
      base::CheckFailed(__FILE__, __LINE__, "a vector's module", "is refused");
  }
  json["fuel"] = observation.fuel_used;
  return json;
}

uint32_t FunctionOf(const naive::Module& module, const Json& entry) {
  for (const naive::Export& e : module.exports) {
    if (entry == e.name) return e.index;
  }
  base::CheckFailed(__FILE__, __LINE__, "an export of the vectors",
                    entry.dump());
}

const std::vector<engine::Profile>& GoldenProfiles() {
  static const auto& profiles = *[] {
    auto* all = new std::vector<engine::Profile>;
    const engine::Profile& seal =
        *engine::ProfileSet::BuiltIn().FindByName("seal-1");
    for (const metering::Schedule& schedule : GoldenSchedules()) {
      engine::Profile& profile = all->emplace_back(seal);
      if (schedule.name == seal.schedule.name) continue;
      profile.name = "seal-" + schedule.name;
      profile.schedule = schedule;
      profile.digest = engine::Digest(profile);
    }
    return all;
  }();
  return profiles;
}

Json ContractResultJson(uint64_t limit, const NaiveOutcome& outcome) {
  const absl::string_view name = engine::OutcomeName(outcome.klass);
  Json json = {{"limit", limit},
               {"outcome", std::string(name.data(), name.size())}};
  if (outcome.klass == engine::OutcomeClass::kTrapped) {
    json["trap"] = TrapTextOf(outcome.trap);
  }
  if (outcome.klass == engine::OutcomeClass::kReturned ||
      outcome.klass == engine::OutcomeClass::kReverted) {
    json["flags"] = outcome.flags;
    json["data"] = base::HexEncode(outcome.data);
  }
  json["fuel"] = outcome.fuel_used;
  return json;
}

ContractProgram ProgramOf(const Json& vector) {
  ContractProgram program;
  for (const Json& hex : vector["modules"]) {
    program.modules.push_back(Unhex(hex));
  }
  for (const Json& json : vector["accounts"]) {
    ContractProgram::Account account;
    account.id = HashOf(json["id"]);
    account.balance = json["balance"].get<uint64_t>();
    account.code = HashOf(json["code"]);
    program.accounts.push_back(std::move(account));
  }
  const Json& call = vector["request"];
  engine::ExecuteRequest& request = program.request;
  request.module_bytes = Unhex(call["module"]);
  request.activation = call["activated"].get<bool>()
                           ? engine::Activation::kActivated
                           : engine::Activation::kFresh;
  for (const Json& hash : call["activated_modules"]) {
    request.activated.push_back(HashOf(hash));
  }
  request.entry = call["entry"].get<std::string>();
  request.input = Unhex(call["input"]);
  request.caller = HashOf(call["caller"]);
  request.callee = HashOf(call["callee"]);
  return program;
}

Json ProgramJson(const ContractProgram& program) {
  Json json;
  json["modules"] = Json::array();
  for (const std::string& bytes : program.modules) {
    json["modules"].push_back(base::HexEncode(bytes));
  }
  json["accounts"] = Json::array();
  for (const ContractProgram::Account& account : program.accounts) {
    json["accounts"].push_back(
        {{"id", account.id.ToHex()},
         {"balance", static_cast<uint64_t>(account.balance)},
         {"code", account.code.ToHex()}});
  }
  const engine::ExecuteRequest& request = program.request;
  Json activated = Json::array();
  for (const base::Hash256& hash : request.activated) {
    activated.push_back(hash.ToHex());
  }
  json["request"] = {
      {"module", base::HexEncode(request.module_bytes)},
      {"activated", request.activation == engine::Activation::kActivated},
      {"activated_modules", std::move(activated)},
      {"entry", request.entry},
      {"input", base::HexEncode(request.input)},
      {"caller", request.caller.ToHex()},
      {"callee", request.callee.ToHex()}};
  return json;
}

std::vector<uint8_t> BytesOf(const Json& hex) {
  const std::string bytes = Unhex(hex);
  return {bytes.begin(), bytes.end()};
}

}  // namespace ashlar::testing
