#include "bench/calibrate/families.h"

#include <algorithm>
#include <iterator>
#include <random>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "bench/calibrate/contract_text.h"

namespace ashlar::bench {
namespace {

// How many pieces a sequence has.
constexpr uint32_t kPieces = 4;
// Entries of the state that contracts find.
constexpr uint32_t kCallsMax = 20'000;

std::string Repeat(absl::string_view text, uint32_t times) {
  std::string all;
  for (uint32_t i = 0; i < times; ++i) absl::StrAppend(&all, text, "\n");
  return all;
}

// `run` does `body` once in each of its rounds; $x is a pseudo-random number
// that changes with each round, $p lives as long as the instance.
std::string Rounds(absl::string_view fields, absl::string_view body,
                   absl::string_view prologue = "") {
  return absl::StrCat("(module\n", fields, R"(
  (global $kept (mut i32) (i32.const 0))
  (func (export "run") (param $n i32)
    (local $x i32) (local $y i32) (local $p i32) (local $l i64)
)",
                      prologue, R"(
    (local.set $p (global.get $kept))
    (local.set $x (i32.const 12345))
    (local.set $y (i32.const 3))
    (loop $again
)",
                      body, R"(
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (global.set $kept (local.get $p))))
)");
}

constexpr char kNextX[] =
    "(local.set $x (i32.add (i32.mul (local.get $x) (i32.const 1664525))\n"
    "  (i32.const 1013904223)))\n";

// A memory of so many pages; strict-1 allows 64 of them at first. The fields
// and the prologue that it needs.
std::string MemoryField(uint32_t pages) {
  return absl::StrCat("  (memory ", std::min(pages, 64u), ")\n");
}
std::string MemoryPrologue(uint32_t pages) {
  return absl::StrCat("(if (i32.lt_u (memory.size) (i32.const ", pages,
                      ")) (then (drop (memory.grow (i32.sub (i32.const ", pages,
                      ") (memory.size))))))\n");
}

// Each load's address is what the last one found: nothing overlaps. The lines
// of the memory form one ring in an order that no prefetcher guesses.
std::string Chase(const Genes& genes) {
  const uint32_t pages = 1u << genes[0];
  const uint32_t lines = pages * 1024;
  const uint32_t loads = 16u << genes[1];
  return Rounds(
      absl::StrCat(MemoryField(pages), R"(  (func $ring (local $i i32)
    (loop $next
      (i32.store (i32.mul (local.get $i) (i32.const 64))
        (i32.mul (i32.const 64)
          (i32.and (i32.const )",
                   lines - 1, R"()
            (i32.add (i32.const 1013904223)
              (i32.mul (local.get $i) (i32.const 1664525))))))
      (br_if $next (i32.lt_u
        (local.tee $i (i32.add (local.get $i) (i32.const 1)))
        (i32.const )",
                   lines, R"()))))
  (global $built (mut i32) (i32.const 0)))"),
      absl::StrCat("(local.set $p ", Repeat("(i32.load", loads),
                   "(local.get $p)", Repeat(")", loads), ")"),
      absl::StrCat(MemoryPrologue(pages),
                   "(if (i32.eqz (global.get $built)) (then (call $ring) "
                   "(global.set $built (i32.const 1))))"));
}

// Accesses at places all over the memory that do not wait for each other.
constexpr const char* kAccesses[] = {
    "(drop (i64.load offset=%u (local.get $y)))",
    "(i64.store offset=%u (local.get $y) (local.get $l))",
    "(i32.store8 offset=%u (local.get $y) (local.get $x))",
    "(memory.fill (i32.add (local.get $y) (i32.const %u)) (local.get $x) "
    "(i32.const 1))",
    "(memory.copy (i32.add (local.get $y) (i32.const %u)) (local.get $y) "
    "(i32.const 1))",
    "(memory.copy (local.get $y) (i32.add (local.get $y) (i32.const %u)) "
    "(i32.const 32))",
};

std::string Scatter(const Genes& genes) {
  constexpr uint32_t kTimes = 128;
  const uint32_t half = 65536u << genes[0];
  const std::string access(kAccesses[genes[1]]);
  // Within a line, over the end of a line, over the end of a page of 4 KiB.
  static constexpr uint32_t kMisaligned[] = {0, 61, 4093};
  std::mt19937 random(1);
  std::string body =
      absl::StrCat(kNextX, "(local.set $y (i32.and (local.get $x) (i32.const ",
                   half - (genes[2] == 2 ? 4096 : 64), ")))\n");
  for (uint32_t i = 0; i < kTimes; ++i) {
    const uint32_t place = random() % (half - 8192) / 4096 * 4096 +
                           (genes[2] == 2 ? 0 : random() % 63 * 64) +
                           kMisaligned[genes[2]];
    absl::StrAppend(&body,
                    absl::StrReplaceAll(access, {{"%u", absl::StrCat(place)}}),
                    "\n");
  }
  const uint32_t pages = 2u << genes[0];
  return Rounds(MemoryField(pages), body, MemoryPrologue(pages));
}

std::string BranchTable(const Genes& genes) {
  const uint32_t width_log2 = 1 + genes[0];
  const uint32_t width = 1u << width_log2;
  std::string table = Repeat("block", width);
  absl::StrAppend(&table, "(br_table ");
  for (uint32_t i = 0; i < width; ++i) absl::StrAppend(&table, i, " ");
  absl::StrAppend(&table, "(i32.shr_u (local.get $x) (i32.const ",
                  32 - width_log2, ")))\n", Repeat("end", width));
  const bool is_random = genes[2] != 0;
  return Rounds(
      "", Repeat(absl::StrCat(is_random ? kNextX : "", table), 1u << genes[1]));
}

std::string Branches(const Genes& genes) {
  static constexpr const char* kConditions[] = {
      "(i32.lt_s (local.get $x) (i32.const 0))",
      "(i32.and (local.get $x) (i32.const 65536))", "(local.get $x)",
      "(i32.eqz (local.get $x))"};
  const std::string branch = absl::StrCat(
      genes[1] != 0 ? kNextX : "", "(block (br_if 0 ", kConditions[genes[0]],
      ") (local.set $y (i32.add (local.get $y) (i32.const 1))))");
  return Rounds("", Repeat(branch, 1u << genes[2]));
}

std::string Indirect(const Genes& genes) {
  const uint32_t functions = 1u << genes[0];
  std::string fields =
      absl::StrCat("  (type $t (func (param i32) (result i32)))\n  (table ",
                   functions, " funcref)\n  (elem (i32.const 0) func");
  for (uint32_t i = 0; i < functions; ++i) absl::StrAppend(&fields, " $f", i);
  absl::StrAppend(&fields, ")\n");
  for (uint32_t i = 0; i < functions; ++i) {
    absl::StrAppend(&fields, "  (func $f", i, " (type $t) (local ",
                    Repeat("i64", genes[1] * 8),
                    ") (i32.xor (local.get 0) (i32.const ", i, ")))\n");
  }
  return Rounds(
      fields, Repeat(absl::StrCat(genes[2] != 0 ? kNextX : "",
                                  "(local.set $y (call_indirect (type $t) "
                                  "(local.get $y) (i32.and (i32.shr_u "
                                  "(local.get $x) (i32.const 20)) (i32.const ",
                                  functions - 1, "))))"),
                     16));
}

// A tree of calls as deep as the stack allows, each frame touched.
std::string Deep(const Genes& genes) {
  return absl::StrCat("(module\n  (func $down (param i32) (local ",
                      Repeat("i64", genes[0] * 8), R"()
    (if (local.get 0)
      (then (call $down (i32.sub (local.get 0) (i32.const 1))))))
  (func (export "run") (param $n i32)
    (loop $again
      (call $down (i32.const )",
                      32u << genes[1], R"())
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))))
)");
}

// Plain instructions in any order.
constexpr const char* kPlain[] = {
    "(local.set $y (i32.div_u (local.get $x) (i32.or (local.get $y) "
    "(i32.const 1))))",
    "(local.set $l (i64.rem_s (i64.const -9007199254740993) (i64.or "
    "(local.get $l) (i64.const 3))))",
    "(local.set $f (f64.sqrt (local.get $f)))",
    "(local.set $f (f64.div (local.get $f) (f64.const 3.1e-300)))",
    "(local.set $f (f64.mul (local.get $f) (f64.const 4.9e-324)))",
    "(local.set $f (f64.nearest (f64.add (local.get $f) (f64.const 0.5))))",
    "(local.set $y (i32.trunc_sat_f64_s (local.get $f)))",
    "(local.set $f (f64.min (local.get $f) (f64.const nan)))",
    "(local.set $f (f64.convert_i64_u (local.get $l)))",
    "(local.set $y (i32.popcnt (i32.rotl (local.get $y) (local.get $x))))",
    "(local.set $y (i32.mul (local.get $y) (local.get $y)))",
    "(i32.store (i32.and (local.get $x) (i32.const 65528)) (local.get $y))",
    "(local.set $y (i32.load (i32.and (local.get $x) (i32.const 65528))))",
    "(i64.store (i32.const 61) (local.get $l)) (local.set $l (i64.load "
    "(i32.const 63)))",
    "(i32.store8 (i32.const 64) (local.get $y)) (local.set $y (i32.load "
    "(i32.const 62)))",
    "(global.set $g (i64.add (global.get $g) (i64.const 1)))",
    "(local.set $y (select (local.get $x) (local.get $y) (local.get $x)))",
    "(local.set $x (i32.add (i32.mul (local.get $x) (i32.const 1664525)) "
    "(i32.const 1013904223)))",
    "(memory.fill (i32.const 100) (local.get $y) (i32.const 31))",
    "(memory.fill (i32.const 0) (local.get $y) (i32.const 4096))",
    "(memory.copy (i32.const 101) (i32.const 100) (i32.const 32))",
    "(memory.copy (i32.const 4096) (i32.const 1) (i32.const 60000))",
    "(table.set $t (i32.const 3) (table.get $t (i32.const 2)))",
    "(table.fill $t (i32.const 0) (ref.null extern) (i32.const 4))",
    "(table.copy $t $t (i32.const 1) (i32.const 0) (i32.const 60))",
    "(local.set $y (memory.grow (i32.const 0)))",
    "(local.set $y (memory.size))",
    "(local.set $y (call $one (local.get $y)))",
    "(call $wide)",
    "(block (loop (br_if 1 (local.get $x)) (br 0)))",
    "(if (i32.and (local.get $x) (i32.const 256)) (then (nop)) (else (nop)))",
};

std::string Plain(const Genes& genes) {
  std::string body;
  for (const uint32_t gene : genes) absl::StrAppend(&body, kPlain[gene], "\n");
  return Rounds(
      absl::StrCat("  (memory 1 1)\n  (table $t 64 externref)\n"
                   "  (global $g (mut i64) (i64.const 1))\n"
                   "  (func $one (param i32) (result i32) (local.get 0))\n"
                   "  (func $wide (local ",
                   Repeat("i64", 800), "))\n"),
      Repeat(body, 8), "(local $f f64) (local.set $f (f64.const 1.5))");
}

// New memory: each 4 KiB of it is touched.
std::string Touch(const Genes& genes) {
  return absl::StrCat(R"((module (memory 0 65536)
  (func (export "run") (param $n i32) (local $p i32)
    (drop (memory.grow (local.get $n)))
    (local.set $n (i32.mul (local.get $n) (i32.const 65536)))
    (loop $again
      (i32.store (local.get $p) (i32.const 1))
      (local.set $p (i32.add (local.get $p) (i32.const )",
                      1024u << genes[0], R"()))
      (br_if $again (i32.lt_u (local.get $p) (local.get $n))))))
)");
}

struct HostPiece {
  const char* function;
  const char* text;
};
constexpr HostPiece kHost[] = {
    {"seal1.get_storage",
     "(i32.store (i32.const 0) (i32.const 65536)) (drop (call $get_storage "
     "(i32.const 64) (i32.const 32) (i32.const 65536) (i32.const 0)))"},
    {"seal1.contains_storage",
     "(i32.store8 (i32.const 95) (i32.const 1)) (drop (call $contains_storage "
     "(i32.const 64) (i32.const 32))) (i32.store8 (i32.const 95) "
     "(i32.const 0))"},
    {"seal2.set_storage",
     "(drop (call $set_storage (i32.const 64) (i32.const 32) "
     "(i32.const 131072) (i32.const 32)))"},
    {"seal2.set_storage",
     "(i32.store8 (i32.const 95) (i32.const 2)) (drop (call $set_storage "
     "(i32.const 64) (i32.const 32) (i32.const 131072) (i32.const 1000))) "
     "(i32.store8 (i32.const 95) (i32.const 0))"},
    {"seal1.clear_storage",
     "(drop (call $clear_storage (i32.const 64) (i32.const 32)))"},
    {"seal0.set_transient_storage",
     "(drop (call $set_transient_storage (i32.const 64) (i32.const 32) "
     "(i32.const 131072) (i32.const 32)))"},
    {"seal0.is_contract", "(drop (call $is_contract (i32.const 64)))"},
    {"seal0.balance",
     "(i32.store (i32.const 0) (i32.const 16)) (call $balance "
     "(i32.const 65536) (i32.const 0))"},
    {"seal0.transfer",
     "(i32.store (i32.const 128) (i32.const 1)) (drop (call $transfer "
     "(i32.const 64) (i32.const 32) (i32.const 128) (i32.const 16)))"},
    {"seal0.set_code_hash", "(drop (call $set_code_hash (i32.const 64)))"},
    {"seal0.hash_sha2_256",
     "(call $hash_sha2_256 (i32.const 131072) (i32.const 0) "
     "(i32.const 65536))"},
    {"seal0.hash_sha2_256",
     "(call $hash_sha2_256 (i32.const 131072) (i32.const 20000) "
     "(i32.const 65536))"},
    {"seal0.hash_keccak_256",
     "(call $hash_keccak_256 (i32.const 131072) (i32.const 0) "
     "(i32.const 65536))"},
    {"seal0.hash_keccak_256",
     "(call $hash_keccak_256 (i32.const 131072) (i32.const 20000) "
     "(i32.const 65536))"},
    {"seal0.hash_blake2_256",
     "(call $hash_blake2_256 (i32.const 131072) (i32.const 0) "
     "(i32.const 65536))"},
    {"seal0.hash_blake2_128",
     "(call $hash_blake2_128 (i32.const 131072) (i32.const 20000) "
     "(i32.const 65536))"},
    {"seal0.ecdsa_recover",
     "(drop (call $ecdsa_recover (i32.const 768) (i32.const 1024) "
     "(i32.const 65536)))"},
    {"seal0.ecdsa_to_eth_address",
     "(drop (call $ecdsa_to_eth_address (i32.const 1280) (i32.const 65536)))"},
    {"seal0.sr25519_verify",
     "(drop (call $sr25519_verify (i32.const 256) (i32.const 320) "
     "(i32.const 11) (i32.const 512)))"},
    {"seal0.sr25519_verify",
     "(drop (call $sr25519_verify (i32.const 256) (i32.const 320) "
     "(i32.const 60000) (i32.const 512)))"},
    {"seal1.call",
     "(drop (call $call (i32.const 0) (i32.const 2048) (i64.const 0) "
     "(i32.const 3000) (i32.const 0) (i32.const 0) (i32.const -1) "
     "(i32.const 0)))"},
    {"seal1.call",
     "(drop (call $call (i32.const 0) (i32.const 64) (i64.const 0) "
     "(i32.const 3000) (i32.const 0) (i32.const 0) (i32.const -1) "
     "(i32.const 0)))"},
    {"seal0.gas_left",
     "(i32.store (i32.const 0) (i32.const 8)) (call $gas_left "
     "(i32.const 65536) (i32.const 0))"},
    {"seal0.debug_message",
     "(drop (call $debug_message (i32.const 131072) (i32.const 1000)))"},
    {"seal0.caller_is_origin", "(drop (call $caller_is_origin))"},
};

std::string HostCalls(const Genes& genes) {
  std::vector<std::string> functions;
  std::string body;
  for (const uint32_t gene : genes) {
    const std::string function = kHost[gene].function;
    bool is_known = false;
    for (const std::string& other : functions) is_known |= other == function;
    if (!is_known) functions.push_back(function);
    absl::StrAppend(&body, kHost[gene].text, "\n");
  }
  return ContractText(functions, body);
}

struct CodePiece {
  const char* text;
  uint32_t times;
};
constexpr CodePiece kCode[] = {
    {"(i32.store (local.get 0) (i32.add (i32.load (local.get 0)) "
     "(local.get 1)))",
     20},
    {"(block)", 100},
    {"(loop)", 100},
    {"(if (local.get 0) (then) (else))", 60},
    {"(drop (if (result i32) (local.get 0) (then (local.get 1)) (else "
     "(local.get 0))))",
     60},
    {"(block (br_if 0 (local.get 0)))", 60},
    {"(drop (block (result i32) (br_if 0 (local.get 0) (local.get 1))))", 60},
    {"(drop (call $first (local.get 0) (local.get 1)))", 40},
    {"(drop (i32.const 1))", 100},
    {"(drop (i64.const -9223372036854775808))", 30},
    {"(local.set 0 (local.get 1))", 100},
    {"(drop (select (local.get 0) (local.get 1) (local.get 0)))", 60},
    {"(block (br 0))", 60},
    {"(block (block (block (br_table 0 1 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 2 "
     "(local.get 0)))))",
     40},
    {"(block (unreachable))", 80},
    {"(drop (i32.add (i32.mul (local.get 0) (local.get 1)) (i32.sub "
     "(local.get 1) (local.get 0))))",
     40},
    {"(drop (i32.eqz (i32.lt_u (local.get 0) (i32.const 7))))", 40},
    {"(block (block (block (block (block (block (block (block))))))))", 20},
    {"(local.set 1 (i32.add (local.get 1) (i32.const 1)))", 60},
    {"(nop)", 100},
};

std::string Body(const Genes& genes) {
  std::string body;
  for (const uint32_t gene : genes) {
    if (gene == std::size(kCode)) {  // everything from here on is dead
      absl::StrAppend(&body, Repeat("unreachable", 100));
      continue;
    }
    absl::StrAppend(&body, Repeat(kCode[gene].text, kCode[gene].times));
  }
  return absl::StrCat("(func (param i32 i32) (result i32)\n", body,
                      "(local.get 0))\n");
}

// Many small functions: locals, parameters, nothing.
std::string SmallFunctions(const Genes& genes) {
  return Repeat(absl::StrCat("(func (local ", Repeat("i32", genes[0] * 50), ")",
                             Repeat("(nop)", genes[1] * 4), ")"),
                32);
}

}  // namespace

std::vector<Family> Families() {
  constexpr uint32_t kAccessCount = std::size(kAccesses);
  constexpr uint32_t kPlainCount = std::size(kPlain);
  constexpr uint32_t kHostCount = std::size(kHost);
  constexpr uint32_t kCodeCount = std::size(kCode) + 1;
  return {
      // Up to the 16 pages of seal-1, and up to the 512 of strict-1.
      {"chase-seal", ProgramKind::kExport, {5, 4}, Chase},
      {"chase-strict",
       ProgramKind::kExport,
       {10, 4},
       Chase,
       kCountMax,
       "strict-1"},
      {"scatter-seal", ProgramKind::kExport, {4, kAccessCount, 3}, Scatter},
      {"scatter-strict",
       ProgramKind::kExport,
       {9, kAccessCount, 3},
       Scatter,
       kCountMax,
       "strict-1"},
      {"br-table", ProgramKind::kExport, {7, 6, 2}, BranchTable},
      {"branches", ProgramKind::kExport, {4, 2, 6}, Branches},
      {"indirect", ProgramKind::kExport, {11, 4, 2}, Indirect},
      {"deep", ProgramKind::kExport, {17, 6}, Deep},
      {"plain", ProgramKind::kExport, Genes(kPieces, kPlainCount), Plain},
      {"touch", ProgramKind::kGrow, {6}, Touch, 256},
      {"host", ProgramKind::kContract, Genes(kPieces, kHostCount), HostCalls,
       kCallsMax},
      {"compile-body", ProgramKind::kModule, Genes(kPieces, kCodeCount), Body,
       1024, "strict-1"},
      {"compile-small",
       ProgramKind::kModule,
       {2, 20},
       SmallFunctions,
       16,
       "strict-1"},
      {"compile-locals",
       ProgramKind::kModule,
       {21, 4},
       SmallFunctions,
       1,
       "strict-1"},
  };
}

std::unique_ptr<Workload> NewWorkload(const Family& family,
                                      const std::string& text,
                                      StateSource* state) {
  switch (family.kind) {
    case ProgramKind::kExport:
      return NewExportWorkload(Assemble(text), family.profile);
    case ProgramKind::kGrow:
      return NewGrowWorkload(Assemble(text));
    case ProgramKind::kContract:
      return NewContractWorkload(Assemble(text), state);
    case ProgramKind::kModule:
      return NewModuleWorkload(
          [text](uint32_t count) {
            return Assemble(absl::StrCat(
                "(module (memory 1)\n(func $first (param i32 i32) (result "
                "i32) (local.get 0))\n",
                Repeat(text, count), ")"));
          },
          family.profile);
  }
  return nullptr;
}

}  // namespace ashlar::bench
