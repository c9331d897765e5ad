#include "cli/wast_runner.h"

#include <filesystem>
#include <memory>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "cli/files.h"
#include "cli/spectest.h"
#include "cli/value.h"
#include "cli/wast_value.h"
#include "engine/base/status_macros.h"
#include "engine/interp/execution.h"
#include "engine/interp/instance.h"
#include "engine/interp/memory.h"
#include "engine/loader.h"
#include "engine/wasm/violation.h"
#include "metering/fuel.h"
#include "nlohmann/json.hpp"

namespace ashlar::cli {
namespace {

using interp::Exit;
using interp::Extern;
using interp::Instance;
using nlohmann::json;
using wasm::ExternKind;

// Refusals that are right in other words than the suite's: the suite's text
// first, what our message begins with second.
struct Wording {
  absl::string_view expected;
  absl::string_view accepted;
};
constexpr Wording kWordings[] = {
    // A body without its last `end`: what comes behind it is not looked at.
    {"END opcode expected", "unexpected end of section or function"},
    {"section size mismatch", "unexpected end of section or function"},
    // A body is validated while it is read, so its first mistake is reported,
    // not the one that its reading would end with.
    {"unexpected end", "unknown type 11"},
    // With the proposal extended-const the expression is constant, but it
    // still is no reference.
    {"constant expression required", "type mismatch"},
    // The binary format knows no `select` with an empty list of types;
    // wast2json writes the one without a list.
    {"invalid result arity", "type mismatch"},
    // wast2json writes no data count section where there are no segments.
    {"unknown data segment", "data count section required"},
};

struct Verdict {
  enum Kind : uint8_t { kPass, kFail, kSkip, kTextFormat };
  Kind kind = kPass;
  std::string why;
};
Verdict Pass() { return {}; }
Verdict Fail(std::string why) { return {Verdict::kFail, std::move(why)}; }
Verdict Skip() { return {Verdict::kSkip, ""}; }

std::string Text(const json& object, const char* key) {
  const auto it = object.find(key);
  if (it == object.end() || !it->is_string()) return "";
  return it->get<std::string>();
}

// What an action came to: values, or why there are none.
struct Answer {
  enum Kind : uint8_t { kValues, kTrap, kNone };
  Kind kind = kNone;
  std::vector<uint64_t> values;
  std::vector<wasm::ValType> types;
  std::string text;  // of the trap; of the mistake, where kNone
};
Answer NoAnswer(std::string text) {
  Answer answer;
  answer.text = std::move(text);
  return answer;
}

std::string ToText(const Answer& answer) {
  if (answer.kind == Answer::kTrap) return "trap: " + answer.text;
  if (answer.kind == Answer::kNone) return answer.text;
  std::string text = "[";
  for (size_t i = 0; i < answer.values.size(); ++i) {
    absl::StrAppend(&text, i == 0 ? "" : " ",
                    FormatValue(answer.types[i], answer.values[i]));
  }
  return text + "]";
}

class Script {
 public:
  Script(std::string directory, const engine::Profile& profile,
         WastResult* result);
  void Run(const json& command);

 private:
  // How far a module came.
  enum class Stage : uint8_t {
    kUnreadable,
    kRefused,
    kUnlinkable,
    kTrapped,
    kReady,
  };
  struct Made {
    Stage stage = Stage::kUnreadable;
    std::string message;
    Instance* instance = nullptr;
  };

  Verdict Dispatch(const json& command);
  Verdict DoModule(const json& command);
  Verdict DoRegister(const json& command);
  Verdict DoAction(const json& command);
  Verdict DoAssertReturn(const json& command);
  Verdict DoAssertTrap(const json& command);
  Verdict DoAssertRefused(const json& command);
  Verdict DoAssertStage(const json& command, Stage stage);

  Made Make(const std::string& file);
  // Null, with the first violation's message, where the module is refused.
  const engine::CompiledModule* Load(absl::string_view bytes,
                                     std::string* message);
  bool Link(const wasm::Module& module, std::vector<Extern>* imports,
            std::string* message) const;
  Instance* Named(const json& object, const char* key) const;
  // False where the action holds a value that is unknown here.
  bool Act(const json& action, Answer* answer);
  Answer Invoke(interp::Func* func, absl::Span<const uint64_t> args);

  const std::string directory_;
  const engine::Profile& profile_;
  WastResult& result_;
  std::string line_;
  // Destroyed in reverse: the store before the pool and the code it uses.
  std::vector<std::shared_ptr<const engine::CompiledModule>> modules_;
  interp::MemoryPool pool_;
  interp::Store store_{&pool_};
  Spectest spectest_;
  interp::Execution execution_;
  Instance* last_ = nullptr;
  absl::flat_hash_map<std::string, Instance*> named_;
  absl::flat_hash_map<std::string, Instance*> registered_;
};

Script::Script(std::string directory, const engine::Profile& profile,
               WastResult* result)
    : directory_(std::move(directory)),
      profile_(profile),
      result_(*result),
      spectest_(&store_, profile.limits.memory_pages_max),
      execution_(profile.limits.stack_slots_max) {}

void Script::Run(const json& command) {
  line_ = "line ?";
  if (const auto line = command.find("line");
      line != command.end() && line->is_number_unsigned()) {
    line_ = absl::StrCat("line ", line->get<uint64_t>());
  }
  const Verdict verdict = Dispatch(command);
  switch (verdict.kind) {
    case Verdict::kPass:
      ++result_.passed;
      return;
    case Verdict::kSkip:
      ++result_.skipped;
      return;
    case Verdict::kTextFormat:
      ++result_.text_format;
      return;
    case Verdict::kFail:
      ++result_.failed;
      result_.failures.push_back(
          absl::StrCat(line_, ": ", Text(command, "type"), ": ", verdict.why));
      return;
  }
}

Verdict Script::Dispatch(const json& command) {
  const std::string type = Text(command, "type");
  if (type == "module") return DoModule(command);
  if (type == "register") return DoRegister(command);
  if (type == "action") return DoAction(command);
  if (type == "assert_return") return DoAssertReturn(command);
  if (type == "assert_trap" || type == "assert_exhaustion") {
    return DoAssertTrap(command);
  }
  if (type == "assert_invalid" || type == "assert_malformed") {
    return DoAssertRefused(command);
  }
  if (type == "assert_unlinkable") {
    return DoAssertStage(command, Stage::kUnlinkable);
  }
  if (type == "assert_uninstantiable") {
    return DoAssertStage(command, Stage::kTrapped);
  }
  return Skip();
}

Verdict Script::DoModule(const json& command) {
  const Made made = Make(Text(command, "filename"));
  last_ = made.instance;
  if (const std::string name = Text(command, "name"); !name.empty()) {
    named_[name] = made.instance;
  }
  return made.stage == Stage::kReady ? Pass() : Fail(made.message);
}

Verdict Script::DoRegister(const json& command) {
  Instance* const instance = Named(command, "name");
  if (instance == nullptr) return Fail("there is no such module");
  registered_[Text(command, "as")] = instance;
  return Pass();
}

Verdict Script::DoAction(const json& command) {
  Answer answer;
  if (!Act(command.value("action", json()), &answer)) return Skip();
  return answer.kind == Answer::kValues ? Pass() : Fail(ToText(answer));
}

Verdict Script::DoAssertReturn(const json& command) {
  std::vector<WastValue> expected;
  if (!ReadWastValues(command.value("expected", json()), &expected)) {
    return Skip();
  }
  Answer answer;
  if (!Act(command.value("action", json()), &answer)) return Skip();
  bool equal =
      answer.kind == Answer::kValues && answer.values.size() == expected.size();
  for (size_t i = 0; equal && i < expected.size(); ++i) {
    equal = answer.types[i] == expected[i].type &&
            Matches(expected[i], answer.values[i]);
  }
  if (equal) return Pass();
  std::string text;
  for (const WastValue& value : expected) {
    absl::StrAppend(&text, text.empty() ? "" : " ", cli::ToText(value));
  }
  return Fail(absl::StrCat("expected [", text, "], got ", ToText(answer)));
}

Verdict Script::DoAssertTrap(const json& command) {
  Answer answer;
  if (!Act(command.value("action", json()), &answer)) return Skip();
  const std::string expected = Text(command, "text");
  if (answer.kind == Answer::kTrap && !expected.empty() &&
      absl::StartsWith(answer.text, expected)) {
    return Pass();
  }
  return Fail(
      absl::StrCat("expected trap: ", expected, ", got ", ToText(answer)));
}

Verdict Script::DoAssertRefused(const json& command) {
  if (Text(command, "module_type") == "text") {
    return {Verdict::kTextFormat, ""};
  }
  auto bytes = ReadFile(directory_ + Text(command, "filename"));
  if (!bytes.ok()) return Fail(std::string(bytes.status().message()));
  const std::string expected = Text(command, "text");
  std::string message;
  if (Load(*bytes, &message) != nullptr) {
    return Fail(absl::StrCat("expected ", expected, ", but it was accepted"));
  }
  if (absl::StartsWith(message, expected)) return Pass();
  for (const Wording& wording : kWordings) {
    if (wording.expected == expected &&
        absl::StartsWith(message, wording.accepted)) {
      result_.wordings.push_back(absl::StrCat(line_, ": the suite says \"",
                                              expected, "\", we say \"",
                                              message, "\""));
      return Pass();
    }
  }
  return Fail(absl::StrCat("expected ", expected, ", got ", message));
}

Verdict Script::DoAssertStage(const json& command, Stage stage) {
  const Made made = Make(Text(command, "filename"));
  const std::string expected = Text(command, "text");
  if (made.stage == stage && absl::StartsWith(made.message, expected)) {
    return Pass();
  }
  return Fail(
      absl::StrCat("expected ", expected, ", got ",
                   made.stage == Stage::kReady ? "an instance" : made.message));
}

Script::Made Script::Make(const std::string& file) {
  Made made;
  auto bytes = ReadFile(directory_ + file);
  if (!bytes.ok()) {
    made.message = std::string(bytes.status().message());
    return made;
  }
  made.stage = Stage::kRefused;
  const engine::CompiledModule* const loaded = Load(*bytes, &made.message);
  if (loaded == nullptr) return made;

  made.stage = Stage::kUnlinkable;
  std::vector<Extern> imports;
  if (!Link(loaded->module, &imports, &made.message)) return made;
  Instance* instance = nullptr;
  const interp::InstantiateError error = store_.Instantiate(
      &loaded->code, imports, profile_.limits.memory_pages_max, &instance);
  if (!error.link_error.empty()) {
    made.message = error.link_error;
    return made;
  }
  made.stage = Stage::kTrapped;
  if (!error.ok()) {
    made.message = std::string(interp::TrapText(error.trap));
    return made;
  }
  if (loaded->module.has_start) {
    const Answer answer =
        Invoke(&instance->functions[loaded->module.start], {});
    if (answer.kind != Answer::kValues) {
      made.message = answer.text;
      return made;
    }
  }
  made.stage = Stage::kReady;
  made.instance = instance;
  return made;
}

const engine::CompiledModule* Script::Load(absl::string_view bytes,
                                           std::string* message) {
  wasm::Violations violations;
  auto compiled = engine::Load(bytes, profile_, &violations);
  if (compiled == nullptr) {
    *message = violations.empty() ? "refused without a violation"
                                  : violations.list().front().message;
    return nullptr;
  }
  modules_.push_back(std::move(compiled));
  return modules_.back().get();
}

bool Script::Link(const wasm::Module& module, std::vector<Extern>* imports,
                  std::string* message) const {
  for (const wasm::Import& import : module.imports) {
    bool found = false;
    Extern value;
    if (import.module == "spectest") {
      const Extern* const builtin = spectest_.Find(import.name);
      found = builtin != nullptr;
      if (found) value = *builtin;
    } else if (const auto it = registered_.find(std::string(import.module));
               it != registered_.end()) {
      // An export of another kind is handed on, too: the store says that it
      // is incompatible, which is not the same as unknown.
      for (ExternKind kind : {ExternKind::kFunc, ExternKind::kTable,
                              ExternKind::kMemory, ExternKind::kGlobal}) {
        found = found || it->second->FindExport(import.name, kind, &value);
      }
    }
    if (!found) {
      *message =
          absl::StrCat("unknown import: ", import.module, ".", import.name);
      return false;
    }
    imports->push_back(value);
  }
  return true;
}

Instance* Script::Named(const json& object, const char* key) const {
  const std::string name = Text(object, key);
  if (name.empty()) return last_;
  const auto it = named_.find(name);
  return it == named_.end() ? nullptr : it->second;
}

bool Script::Act(const json& action, Answer* answer) {
  if (!action.is_object()) return false;
  Instance* const instance = Named(action, "module");
  const std::string field = Text(action, "field");
  if (instance == nullptr) {
    *answer = NoAnswer("there is no such module");
    return true;
  }
  Extern found;
  if (Text(action, "type") == "get") {
    if (!instance->FindExport(field, ExternKind::kGlobal, &found)) {
      *answer = NoAnswer("there is no exported global " + field);
      return true;
    }
    answer->kind = Answer::kValues;
    answer->values = {found.global->value};
    answer->types = {found.global->type.type};
    return true;
  }
  std::vector<WastValue> args;
  if (!ReadWastValues(action.value("args", json()), &args)) return false;
  if (!instance->FindExport(field, ExternKind::kFunc, &found)) {
    *answer = NoAnswer("there is no exported function " + field);
    return true;
  }
  const auto params = found.func->type->params();
  bool fits = params.size() == args.size();
  std::vector<uint64_t> bits;
  for (size_t i = 0; fits && i < args.size(); ++i) {
    fits = params[i] == args[i].type;
    bits.push_back(args[i].bits);
  }
  *answer = fits ? Invoke(found.func, bits)
                 : NoAnswer("the arguments do not fit the type of " + field);
  return true;
}

Answer Script::Invoke(interp::Func* func, absl::Span<const uint64_t> args) {
  execution_.set_fuel_left(metering::kFuelMax);
  Exit exit = execution_.Enter(func, args);
  if (exit == Exit::kDone) exit = execution_.Run();
  Answer answer;
  switch (exit) {
    case Exit::kDone: {
      answer.kind = Answer::kValues;
      const auto results = execution_.results();
      const auto types = func->type->results();
      answer.values.assign(results.begin(), results.end());
      answer.types.assign(types.begin(), types.end());
      break;
    }
    case Exit::kTrap:
      answer.kind = Answer::kTrap;
      answer.text = absl::StrCat(interp::TrapText(execution_.trap()),
                                 execution_.trap_detail().empty() ? "" : " ",
                                 execution_.trap_detail());
      break;
    case Exit::kOutOfFuel:
      answer.text = "out of fuel";
      break;
    case Exit::kSuspended:
    case Exit::kPageLimit:
    case Exit::kCancelled:
      answer.text = "suspended without a reason";
      break;
  }
  execution_.Leave();
  return answer;
}

}  // namespace

WastResult& WastResult::operator+=(const WastResult& other) {
  passed += other.passed;
  failed += other.failed;
  skipped += other.skipped;
  text_format += other.text_format;
  failures.insert(failures.end(), other.failures.begin(), other.failures.end());
  wordings.insert(wordings.end(), other.wordings.begin(), other.wordings.end());
  return *this;
}

absl::StatusOr<WastResult> RunWastFile(const std::string& json_path,
                                       const engine::Profile& profile) {
  ASSIGN_OR_RETURN(const std::string text, ReadFile(json_path));
  const json script = json::parse(text, /*cb=*/nullptr,
                                  /*allow_exceptions=*/false);
  if (!script.is_object() || !script.contains("commands") ||
      !script["commands"].is_array()) {
    return absl::InvalidArgumentError(
        absl::StrCat(json_path, " is not a script made by wast2json"));
  }
  std::string directory =
      std::filesystem::path(json_path).parent_path().string();
  if (!directory.empty()) directory += "/";
  WastResult result;
  Script runner(std::move(directory), profile, &result);
  for (const json& command : script["commands"]) {
    if (command.is_object()) runner.Run(command);
  }
  return result;
}

}  // namespace ashlar::cli
