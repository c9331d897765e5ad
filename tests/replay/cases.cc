#include "tests/replay/cases.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/loader.h"

namespace ashlar::testing {
namespace {

using engine::ExecuteRequest;
using engine::OutcomeClass;

constexpr uint8_t kCallee = 0xdd;

// Reads its input to 0 and its length to 128, and keeps it under a key.
std::string Echo(int return_flags) {
  return Contract(
      "seal0.input seal2.set_storage",
      absl::StrCat("(call $input (i32.const 0) (i32.const 128))"
                   "(drop (call $set_storage (i32.const 0) (i32.const 1)"
                   " (i32.const 0) (i32.load (i32.const 128))))"
                   "(call $return (i32.const ",
                   return_flags, ") (i32.const 0) (i32.load (i32.const 128)))"),
      "(data (i32.const 128) \"\\40\")");
}

// Calls the callee once with "in" and this fuel cap, emits an event and returns
// the code.
std::string Caller(int64_t cap) {
  return Contract(
      "seal1.call seal0.deposit_event seal0.now",
      absl::StrCat(
          "(i32.store (i32.const 512) (call $call (i32.const 0) (i32.const 0)"
          " (i64.const ",
          cap,
          ") (i32.const 32) (i32.const 64) (i32.const 2) (i32.const 256)"
          " (i32.const 128)))"
          "(i32.store (i32.const 132) (i32.const 8))"
          "(call $now (i32.const 600) (i32.const 132))"
          "(call $deposit_event (i32.const 0) (i32.const 0) (i32.const 512)"
          " (i32.const 4))"
          "(call $return (i32.const 0) (i32.const 512) (i32.const 4))"),
      absl::StrCat("(data (i32.const 0) \"", Escaped(std::string(32, kCallee)),
                   "\") (data (i32.const 64) \"in\")"
                   " (data (i32.const 128) \"\\40\")"));
}

// Sums up to 999 in a function of its own, over memory that it grows.
std::string Loop() {
  return Contract(
      "seal0.gas_left",
      "(drop (memory.grow (i32.const 1)))"
      "(i32.store (i32.const 65536) (call $sum (i32.const 1000)))"
      "(call $return (i32.const 0) (i32.const 65536) (i32.const 4))",
      "(func $sum (param $n i32) (result i32) (local $s i32)"
      " (loop $l"
      "  (local.set $s (i32.add (local.get $s) (local.get $n)))"
      "  (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))"
      " (local.get $s))");
}

std::string FuelReader() {
  return Contract("seal0.gas_left",
                  "(i32.store (i32.const 8) (i32.const 8))"
                  "(call $gas_left (i32.const 0) (i32.const 8))"
                  "(call $return (i32.const 0) (i32.const 0) (i32.const 8))");
}

std::string Terminator() {
  return Contract("seal1.terminate", "(call $terminate (i32.const 0))",
                  absl::StrCat("(data (i32.const 0) \"",
                               Escaped(std::string(32, '\x22')), "\")"));
}

std::string Trapping() { return Contract("", "unreachable"); }

Case Simple(std::string name, OutcomeClass outcome, std::string module,
            std::string input = "") {
  return {std::move(name), outcome,
          [module = std::move(module), input = std::move(input)](Chain& chain) {
            return chain.Request(module, "call", input);
          }};
}

// A call of a contract that calls `callee`.
Case Nested(std::string name, std::string callee, int64_t cap = 0) {
  return {std::move(name), OutcomeClass::kReturned,
          [callee = std::move(callee), cap](Chain& chain) {
            chain.Deploy(Account(kCallee), callee);
            return chain.Request(Caller(cap), "call");
          }};
}

void AddWaysOfGivingTheModule(std::vector<Case>* cases) {
  cases->push_back({"deploy", OutcomeClass::kReturned, [](Chain& chain) {
                      return chain.Request(Echo(0), "deploy");
                    }});
  cases->push_back({"deploy of no bytes", OutcomeClass::kModuleRejected,
                    [](Chain& chain) { return chain.Request("", "deploy"); }});
  cases->push_back(
      {"module by hash", OutcomeClass::kReturned, [](Chain& chain) {
         ExecuteRequest request = chain.Request("", "call", "x");
         request.module_hash = chain.state().AddModule(Echo(0));
         request.activation = engine::Activation::kActivated;
         return request;
       }});
  cases->push_back(
      {"module of the callee", OutcomeClass::kReturned, [](Chain& chain) {
         chain.Deploy(Account(0xc0), Echo(0));
         chain.state().SetStorage(Account(0xc0), "x", "old");
         return chain.Request("", "call", "x");
       }});
  cases->push_back({"callee without code", OutcomeClass::kTrapped,
                    [](Chain& chain) { return chain.Request("", "call"); }});
}

void AddNested(std::vector<Case>* cases) {
  cases->push_back(Nested("nested", Echo(0)));
  cases->push_back(Nested("nested reverts", Echo(1)));
  cases->push_back(Nested("nested traps", Trapping()));
  cases->push_back(Nested("nested is out of its fuel", Loop(), 4000));
  cases->push_back(Nested("nested is rejected", "no module"));
  cases->push_back(
      {"nested is absent", OutcomeClass::kReturned, [](Chain& chain) {
         chain.state().SetCode(Account(kCallee), Account(0x99));
         return chain.Request(Caller(0), "call");
       }});
  cases->push_back(
      {"nested is activated", OutcomeClass::kReturned, [](Chain& chain) {
         const std::string callee = Echo(0);
         chain.Deploy(Account(kCallee), callee);
         ExecuteRequest request = chain.Request(Caller(0), "call");
         request.activated = {engine::ModuleHash(callee)};
         return request;
       }});
}

void AddFailures(std::vector<Case>* cases) {
  cases->push_back(
      Simple("rejected", OutcomeClass::kModuleRejected, "no module"));
  cases->push_back(Simple("unreachable", OutcomeClass::kTrapped, Trapping()));
  // Ends before, in and after each part: compile, instantiate, compute.
  for (uint64_t fuel : {1, 500, 2000, 3000, 5000}) {
    cases->push_back({absl::StrCat("out of fuel at ", fuel),
                      OutcomeClass::kOutOfFuel, [fuel](Chain& chain) {
                        ExecuteRequest request = chain.Request(Loop(), "call");
                        request.fuel_limit = fuel;
                        return request;
                      }});
  }
  cases->push_back(
      {"nested is out of fuel", OutcomeClass::kOutOfFuel, [](Chain& chain) {
         chain.Deploy(Account(kCallee), Loop());
         ExecuteRequest request = chain.Request(Caller(0), "call");
         request.fuel_limit = 6000;
         return request;
       }});
  cases->push_back(
      {"too many writes", OutcomeClass::kLimitExceeded, [](Chain& chain) {
         ExecuteRequest request = chain.Request(Echo(0), "call", "xyz");
         request.limits.write_bytes = 3;
         return request;
       }});
  cases->push_back(
      {"value that nobody has", OutcomeClass::kTrapped, [](Chain& chain) {
         ExecuteRequest request = chain.Request(Echo(0), "call");
         request.value = 5;
         return request;
       }});
}

}  // namespace

std::vector<Case> Cases() {
  std::vector<Case> cases;
  cases.push_back(Simple("returned", OutcomeClass::kReturned, Echo(0), "xy"));
  cases.push_back(Simple("reverted", OutcomeClass::kReverted, Echo(1), "xy"));
  cases.push_back(Simple("loop", OutcomeClass::kReturned, Loop()));
  cases.push_back(
      Simple("reads its fuel", OutcomeClass::kReturned, FuelReader()));
  cases.push_back({"terminated", OutcomeClass::kReturned, [](Chain& chain) {
                     chain.state().SetBalance(Account(0xc0), 7);
                     return chain.Request(Terminator(), "call");
                   }});
  cases.push_back({"value", OutcomeClass::kReturned, [](Chain& chain) {
                     chain.state().SetBalance(Account(0x01), 10);
                     ExecuteRequest request = chain.Request(Echo(0), "call");
                     request.value = 5;
                     return request;
                   }});
  AddWaysOfGivingTheModule(&cases);
  AddNested(&cases);
  AddFailures(&cases);
  return cases;
}

engine::Completed Record(Chain* chain, const ExecuteRequest& request,
                         replay::ArchiveWriter* writer,
                         replay::Modules modules) {
  replay::Recorder recorder(&chain->state());
  const auto result = chain->engine().Execute(request, &recorder, nullptr);
  CHECK(result.ok() && result->completed.has_value());
  recorder.AddTo(request, chain->profile(), *result->completed, modules,
                 writer);
  return *result->completed;
}

base::Bytes RecordOf(Chain* chain, const ExecuteRequest& request,
                     replay::Modules modules) {
  replay::ArchiveWriter writer;
  Record(chain, request, &writer, modules);
  return writer.Finish();
}

}  // namespace ashlar::testing
