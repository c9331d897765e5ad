#include "tests/contracts/generator.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/string_view.h"
#include "engine/loader.h"
#include "tests/differential/generator.h"
#include "tests/util/module_builder.h"

namespace ashlar::testing {
namespace {

// Where things lie in a contract's memory.
constexpr int32_t kInputSize = 0;
constexpr int32_t kInput = 16;
constexpr int32_t kInputCapacity = 64;
constexpr int32_t kAccounts = 128;  // kAccountCount x 32
constexpr int32_t kAccountCount = 8;
constexpr int32_t kHashes = 384;  // of modules, kHashCount x 32
constexpr int32_t kHashCount = 6;
constexpr int32_t kValues = 576;  // kValues64, 16 bytes each
constexpr int32_t kOutputSize = 640;
constexpr int32_t kOutput = 656;
constexpr int32_t kAddressSize = 800;
constexpr int32_t kAddress = 816;
constexpr int32_t kCallInput = 900;
constexpr int32_t kTopics = 1024;
constexpr int32_t kScratch = 1100;
constexpr int32_t kPageSize = 65536;
constexpr int32_t kSentinel = -1;

constexpr uint64_t kValues64[] = {0, 0, 7, 1'000'000};

// What the contracts import; the order is that of kHostFunctions.
enum Host : uint32_t {
  kSetStorage,
  kGetStorage,
  kClearStorage,
  kContainsStorage,
  kTakeStorage,
  kTransfer,
  kCall,
  kDelegateCall,
  kInstantiate,
  kTerminate,
  kSetCodeHash,
  kReturn,
  kInputOf,
  kDepositEvent,
  kCaller,
  kAddressOf,
  kGasLeft,
  kGasLeftWeight,
  kBalance,
  kValueTransferred,
  kHostCount
};

struct HostFunctionRow {
  const char* module;
  const char* name;
  const char* type;  // i: i32, l: i64; behind > the result
};
constexpr HostFunctionRow kHostFunctions[] = {
    {"seal2", "set_storage", "iiii>i"},
    {"seal1", "get_storage", "iiii>i"},
    {"seal1", "clear_storage", "ii>i"},
    {"seal1", "contains_storage", "ii>i"},
    {"seal0", "take_storage", "iiii>i"},
    {"seal0", "transfer", "iiii>i"},
    {"seal1", "call", "iiliiiii>i"},
    {"seal0", "delegate_call", "iiiiii>i"},
    {"seal1", "instantiate", "iliiiiiiiii>i"},
    {"seal1", "terminate", "i"},
    {"seal0", "set_code_hash", "i>i"},
    {"seal0", "seal_return", "iii"},
    {"seal0", "input", "ii"},
    {"seal0", "deposit_event", "iiii"},
    {"seal0", "caller", "ii"},
    {"seal0", "address", "ii"},
    {"seal0", "gas_left", "ii"},
    {"seal1", "gas_left", "ii"},
    {"seal0", "balance", "ii"},
    {"seal0", "value_transferred", "ii"},
};
static_assert(std::size(kHostFunctions) == kHostCount);

enum Local : uint32_t { kDepth, kX, kCounter };  // i32 all of them

ModuleBuilder::Types TypesOf(absl::string_view letters) {
  ModuleBuilder::Types types;
  for (const char letter : letters) {
    types.push_back(letter == 'i' ? ValType::kI32 : ValType::kI64);
  }
  return types;
}

base::Hash256 AccountId(uint32_t index) {
  base::Hash256 id;
  id.bytes.fill(static_cast<uint8_t>(0xd0 + index));
  return id;
}

// What a module may know of the others: hashes of those made before it.
struct Plan {
  std::vector<base::Hash256> hashes;
  bool reads_fuel = false;
};

class ContractMaker {
 public:
  ContractMaker(const Plan& plan, Rng* rng) : plan_(plan), rng_(*rng) {}

  std::string Make() {
    for (const HostFunctionRow& row : kHostFunctions) {
      const absl::string_view type = row.type;
      const size_t end = std::min(type.find('>'), type.size());
      const bool has_result = end < type.size();
      builder_.ImportFunc(
          row.module, row.name,
          builder_.Type(TypesOf(type.substr(0, end)),
                        TypesOf(has_result ? type.substr(end + 1) : "")));
    }
    builder_.ImportMemory("env", "memory", {1 + rng_.Below(2), 16});
    AddHelper();
    AddEntry("deploy", 2);
    AddEntry("call", 9);
    AddData();
    const std::vector<uint8_t> bytes = builder_.Build();
    return std::string(bytes.begin(), bytes.end());
  }

 private:
  // helper(x): loops x & 15 times; also called through a table.
  void AddHelper() {
    const uint32_t type = builder_.Type({ValType::kI32}, {ValType::kI32});
    helper_type_ = type;
    Code code;
    code.Get(0).I32(15).Op(Op::kI32And).Set(1);
    code.Block().Loop();
    code.Get(1).Op(Op::kI32Eqz).BrIf(1);
    code.Get(0).I32(static_cast<int32_t>(rng_.Next())).Op(Op::kI32Mul);
    code.I32(1).Op(Op::kI32Add).Set(0);
    code.Get(1).I32(1).Op(Op::kI32Sub).Set(1);
    code.Br(0).End().End();
    code.Get(0).End();
    helper_ = builder_.Func(type, {ValType::kI32}, code);
    builder_.Table(ValType::kFuncRef, {2, 2});
    const uint32_t functions[] = {helper_};
    builder_.ActiveElements(Code().I32(0).End(), functions);
  }

  void AddEntry(const char* name, uint32_t statements_max) {
    code_ = Code();
    Store(kInputSize, kInputCapacity);
    if (rng_.Chance(90)) {
      code_.I32(kInput).I32(kInputSize).Call(kInputOf);
    }
    code_.I32(kInput).Mem(Op::kI32Load8U, 0, 0).Set(kDepth);
    code_.I32(kInput).Mem(Op::kI32Load, 0, 1).Set(kX);
    if (plan_.reads_fuel && rng_.Chance(30)) Fuel();
    for (uint32_t n = 1 + rng_.Below(statements_max); n > 0; --n) {
      Statement(0);
    }
    if (rng_.Chance(75)) Return(rng_.Chance(12) ? 1 : 0);
    code_.End();
    const uint32_t function =
        builder_.Func(builder_.Type({}, {}),
                      {ValType::kI32, ValType::kI32, ValType::kI32}, code_);
    builder_.Export(name, ExternKind::kFunc, function);
  }

  void AddData() {
    const auto put = [&](int32_t at, std::vector<uint8_t> bytes) {
      builder_.ActiveData(Code().I32(at).End(), bytes);
    };
    std::vector<uint8_t> accounts;
    for (uint32_t i = 0; i < kAccountCount; ++i) {
      accounts.insert(accounts.end(), 32, AccountId(i).bytes[0]);
    }
    put(kAccounts, accounts);
    std::vector<uint8_t> hashes;
    for (int32_t i = 0; i < kHashCount; ++i) {
      base::Hash256 hash{};  // names no module
      if (static_cast<size_t>(i) < plan_.hashes.size()) hash = plan_.hashes[i];
      hashes.insert(hashes.end(), hash.bytes.begin(), hash.bytes.end());
    }
    put(kHashes, hashes);
    ByteWriter values;
    for (const uint64_t value : kValues64) values.Fixed64(value).Fixed64(0);
    put(kValues, values.bytes());
    std::vector<uint8_t> topics(33, 0x77);
    topics[0] = 1 << 2;  // a compact 1: one topic
    put(kTopics, topics);
  }

  void Store(int32_t at, int32_t value) {
    code_.I32(at).I32(value).Mem(Op::kI32Store, 2, 0);
  }
  // x := x rotated, xor the value on the stack.
  void Mix() { code_.Get(kX).I32(5).Op(Op::kI32Rotl).Op(Op::kI32Xor).Set(kX); }
  void MixOutput() {
    code_.I32(kOutput).Mem(Op::kI32Load, 2, 0);
    Mix();
  }
  void Capacity() {
    Store(kOutputSize,
          rng_.Chance(3) ? static_cast<int32_t>(rng_.Below(9)) : 96);
  }
  // A place that is nearly always within the memory.
  int32_t Place(int32_t usual) {
    return rng_.Chance(1) ? kPageSize * 2 - 3 : usual;
  }
  // A storage key: pointer and size.
  void Key() {
    code_.I32(Place(kAccounts + 32 * static_cast<int32_t>(rng_.Below(3))));
    code_.I32(1 + static_cast<int32_t>(rng_.Below(3)));
  }
  void Account() {
    code_.I32(Place(kAccounts +
                    32 * static_cast<int32_t>(rng_.Below(kAccountCount))));
  }
  void Hash() {
    const int32_t known = static_cast<int32_t>(plan_.hashes.size());
    const int32_t i = rng_.Chance(95) && known > 0
                          ? static_cast<int32_t>(rng_.Next() % known)
                          : kHashCount - 1;
    code_.I32(kHashes + 32 * i);
  }
  void Value() {
    const int32_t i =
        rng_.Chance(65)
            ? 0
            : static_cast<int32_t>(rng_.Below(std::size(kValues64)));
    code_.I32(kValues + 16 * i);
  }
  void Output() {
    if (rng_.Chance(15)) {
      code_.I32(kSentinel).I32(0);
    } else {
      code_.I32(kOutput).I32(kOutputSize);
    }
  }
  void Return(int32_t flags) {
    if (rng_.Chance(50)) {
      code_.I32(kScratch).Get(kX).Mem(Op::kI32Store, 2, 0);
    }
    code_.I32(flags).I32(Place(kScratch)).I32(rng_.Below(40)).Call(kReturn);
  }

  // What is read from x decides whether the next block is entered.
  void IfSome() { code_.Get(kX).I32(1 << rng_.Below(12)).Op(Op::kI32And).If(); }
  // Calls go on only while the depth in the input allows it.
  void IfDeeper() {
    code_.Get(kDepth).If();
    code_.I32(kCallInput).Get(kDepth).I32(1).Op(Op::kI32Sub);
    code_.Mem(Op::kI32Store8, 0, 0);
    code_.I32(kCallInput).Get(kX).Mem(Op::kI32Store, 0, 1);
  }

  void Statement(int nesting) {
    const uint32_t kind = rng_.Below(100);
    if (kind < 22) return NestedCall();
    if (kind < 27) return Delegate();
    if (kind < 32) return Instantiate();
    if (kind < 47) return Storage();
    if (kind < 52) return Event();
    if (kind < 56) return Know();
    if (kind < 61) return Compute();
    if (kind < 68) return Loop();
    if (kind < 72) return Bulk();
    if (kind < 76) return Pay();
    if (kind < 80) return Fuel();
    if (kind < 86) return Rare();
    if (nesting > 2) return Compute();
    IfSome();
    Statement(nesting + 1);
    if (rng_.Chance(40)) {
      code_.Else();
      Statement(nesting + 1);
    }
    code_.End();
  }

  // With the input that stands at kCallInput, or with the caller's own. That
  // one does not get shallower, so calls with it may only go as deep as the
  // profile lets them, and once: a caller of itself would not come to an end.
  void NestedCall() {
    IfDeeper();
    Capacity();
    int32_t flags = 0;
    if (rng_.Chance(15)) flags |= 4;
    if (rng_.Chance(40)) flags |= 8;
    if (rng_.Chance(10)) flags |= 16;
    if (rng_.Chance(1)) flags |= 32;
    const bool takes_own_input = rng_.Chance(8);
    if (takes_own_input) flags |= rng_.Chance(50) ? 1 : 2;
    code_.I32(flags);
    if (takes_own_input) {
      code_.I32(kAccounts + 32 * (kAccountCount - 3));  // calls nobody
    } else {
      Account();
    }
    static constexpr int64_t kCaps[] = {1,    800,   2'600, 4'000,
                                        8000, 20000, 50000, 1'000'000'000'000};
    code_.I64(rng_.Chance(45) ? 0 : kCaps[rng_.Below(8)]);
    Value();
    code_.I32(Place(kCallInput)).I32(5);
    Output();
    code_.Call(kCall);
    Mix();
    MixOutput();
    code_.End();
  }

  void Delegate() {
    IfDeeper();
    Capacity();
    code_.I32(rng_.Chance(15) ? 4 : 0);
    Hash();
    code_.I32(kCallInput).I32(5);
    Output();
    code_.Call(kDelegateCall);
    Mix();
    code_.End();
  }

  void Instantiate() {
    IfDeeper();
    Capacity();
    Store(kAddressSize, 32);
    Hash();
    code_.I64(rng_.Chance(60) ? 0 : 5000);
    Value();
    code_.I32(kCallInput).I32(5);
    code_.I32(rng_.Chance(20) ? kSentinel : kAddress).I32(kAddressSize);
    Output();
    code_.I32(kScratch).I32(static_cast<int32_t>(rng_.Below(3)));
    code_.Call(kInstantiate);
    Mix();
    code_.I32(kAddress).Mem(Op::kI32Load, 2, 0);
    Mix();
    code_.End();
  }

  void Storage() {
    switch (rng_.Below(6)) {
      case 0:
      case 1:
        Key();
        code_.I32(kInput).I32(static_cast<int32_t>(rng_.Below(48)));
        code_.Call(kSetStorage);
        break;
      case 2:
      case 3: {
        const Host host = rng_.Chance(70) ? kGetStorage : kTakeStorage;
        Capacity();
        Key();
        code_.I32(kOutput).I32(kOutputSize).Call(host);
        Mix();
        return MixOutput();
      }
      case 4:
        Key();
        code_.Call(kClearStorage);
        break;
      default:
        Key();
        code_.Call(kContainsStorage);
        break;
    }
    Mix();
  }

  void Event() {
    if (rng_.Chance(50)) {
      code_.I32(kTopics).I32(33);
    } else {
      code_.I32(0).I32(0);
    }
    code_.I32(Place(kInput)).I32(static_cast<int32_t>(rng_.Below(60)));
    code_.Call(kDepositEvent);
  }

  void Know() {
    static constexpr Host kWays[] = {kCaller, kAddressOf, kBalance,
                                     kValueTransferred};
    Capacity();
    code_.I32(kOutput).I32(kOutputSize).Call(kWays[rng_.Below(4)]);
    MixOutput();
  }

  void Compute() {
    code_.Get(kX);
    if (rng_.Chance(30)) {
      code_.I32(static_cast<int32_t>(rng_.Below(3) / 2));
      code_.CallIndirect(helper_type_);
    } else {
      code_.Call(helper_);
    }
    Mix();
  }

  void Loop() {
    code_.I32(1 + static_cast<int32_t>(rng_.Below(60))).Set(kCounter);
    code_.Loop();
    code_.Get(kX).I32(static_cast<int32_t>(rng_.Next())).Op(Op::kI32Add);
    code_.Get(kCounter).Op(Op::kI32Rotl).Set(kX);
    code_.Get(kCounter).I32(1).Op(Op::kI32Sub).Tee(kCounter).BrIf(0);
    code_.End();
  }

  void Bulk() {
    const int32_t size = static_cast<int32_t>(rng_.Below(400));
    switch (rng_.Below(3)) {
      case 0:
        code_.I32(kScratch).I32(7).I32(size).MemoryFill();
        break;
      case 1:
        code_.I32(kScratch).I32(Place(kInput)).I32(size).MemoryCopy();
        break;
      default:
        code_.I32(static_cast<int32_t>(rng_.Below(3))).MemoryGrow();
        Mix();
        break;
    }
  }

  void Pay() {
    Account();
    code_.I32(32);
    Value();
    code_.I32(16).Call(kTransfer);
    Mix();
  }

  // Fuel that was read is dropped, or decides what follows.
  void Fuel() {
    if (!plan_.reads_fuel) return Loop();
    Capacity();
    const Host host = rng_.Chance(70) ? kGasLeft : kGasLeftWeight;
    code_.I32(kOutput).I32(kOutputSize).Call(host);
    if (rng_.Chance(50)) return;
    code_.I32(kOutput).Mem(Op::kI32Load, 2, 0).I32(10 + rng_.Below(8));
    code_.Op(Op::kI32ShrU);
    Mix();
  }

  void Rare() {
    IfSome();
    switch (rng_.Below(8)) {
      case 0:
        code_.Op(Op::kUnreachable);
        break;
      case 1:
        code_.Loop().Br(0).End();
        break;
      case 2:
        Account();
        code_.Call(kTerminate);
        break;
      case 3:
        Hash();
        code_.Call(kSetCodeHash);
        Mix();
        break;
      case 4:
        code_.Get(kX).I32(0).Op(Op::kI32DivU);
        Mix();
        break;
      case 5:
        Return(static_cast<int32_t>(rng_.Below(3)));
        break;
      default:
        Return(static_cast<int32_t>(rng_.Below(2)));
        break;
    }
    code_.End();
  }

  const Plan& plan_;
  Rng& rng_;
  ModuleBuilder builder_;
  Code code_;
  uint32_t helper_ = 0;
  uint32_t helper_type_ = 0;
};

// Calls nobody and returns its input.
std::string Leaf() {
  ModuleBuilder builder;
  const ModuleBuilder::Types two(2, ValType::kI32);
  const ModuleBuilder::Types three(3, ValType::kI32);
  const uint32_t input =
      builder.ImportFunc("seal0", "input", builder.Type(two, {}));
  const uint32_t end =
      builder.ImportFunc("seal0", "seal_return", builder.Type(three, {}));
  builder.ImportMemory("env", "memory", {1, 1});
  const uint32_t type = builder.Type({}, {});
  Code code;
  code.I32(kInputSize).I32(kInputCapacity).Mem(Op::kI32Store, 2, 0);
  code.I32(kInput).I32(kInputSize).Call(input);
  code.I32(0).I32(kInput).I32(kInputSize).Mem(Op::kI32Load, 2, 0).Call(end);
  builder.Export("call", ExternKind::kFunc, builder.Func(type, {}, code.End()));
  builder.Export("deploy", ExternKind::kFunc,
                 builder.Func(type, {}, Code().End()));
  const std::vector<uint8_t> bytes = builder.Build();
  return std::string(bytes.begin(), bytes.end());
}

}  // namespace

ContractProgram GenerateContracts(uint64_t seed) {
  Rng rng(seed);
  return GenerateContracts(&rng);
}

ContractProgram GenerateContracts(Rng* source) {
  Rng& rng = *source;
  ContractProgram program;
  Plan plan;
  plan.reads_fuel = rng.Chance(15);
  program.broken_module.assign("\0asm\x01\0\0\0\x01\x05", 10);
  if (rng.Chance(15)) {
    plan.hashes.push_back(engine::ModuleHash(program.broken_module));
  }
  const uint32_t count = 2 + rng.Below(3);
  for (uint32_t i = 0; i < count; ++i) {
    program.modules.push_back(ContractMaker(plan, &rng).Make());
    plan.hashes.push_back(engine::ModuleHash(program.modules.back()));
  }
  program.modules.push_back(Leaf());

  for (uint32_t i = 0; i < kAccountCount; ++i) {
    ContractProgram::Account& account = program.accounts.emplace_back();
    account.id = AccountId(i);
    if (rng.Chance(60)) account.balance = rng.Below(3'000'000);
    // One account is no contract; the code of one may name no module.
    if (i == kAccountCount - 1) break;
    if (i == kAccountCount - 2) {
      account.code.bytes.fill(0x99);
      if (rng.Chance(50)) {
        account.code = engine::ModuleHash(program.broken_module);
      }
    } else if (i == kAccountCount - 3) {
      account.code = engine::ModuleHash(program.modules.back());
    } else {
      account.code =
          plan.hashes[rng.Below(static_cast<uint32_t>(plan.hashes.size()))];
    }
    if (rng.Chance(30)) {
      account.storage.push_back(
          {std::string(1 + rng.Below(3), static_cast<char>(0xd0)),
           std::string(rng.Below(40), 's')});
    }
  }
  engine::ExecuteRequest& request = program.request;
  request.module_bytes = program.modules[count - 1];
  request.entry = rng.Chance(10) ? "deploy" : "call";
  request.input.push_back(static_cast<char>(1 + rng.Below(3)));
  for (uint32_t n = 4 + rng.Below(20); n > 0; --n) {
    request.input.push_back(static_cast<char>(rng.Next()));
  }
  request.caller.bytes.fill(1);
  request.callee = AccountId(0);
  if (rng.Chance(20)) request.activation = engine::Activation::kActivated;
  for (size_t i = 0; i < plan.hashes.size(); ++i) {
    // What does not load cannot have been activated.
    const bool is_module =
        plan.hashes[i] != engine::ModuleHash(program.broken_module);
    if (is_module && rng.Chance(20))
      request.activated.push_back(plan.hashes[i]);
  }
  if (rng.Chance(20)) {
    request.value = rng.Below(100);
    program.accounts.push_back(
        {.id = request.caller, .balance = 90, .code = {}, .storage = {}});
  }
  return program;
}

}  // namespace ashlar::testing
