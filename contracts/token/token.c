// An example contract: a fungible token with the messages of ERC-20, for
// Ashlar's `seal` ABI. Freestanding C; BUILD.bazel compiles it with clang.
//
// Input is a 4-byte selector, then the arguments: accounts are 32 bytes,
// amounts 16 bytes little-endian. The selectors are those that ink! derives
// from the names (the first 4 bytes of BLAKE2b-256), so clients of ink!'s
// erc20 can talk to it.
//
//   deploy  new(total_supply)                9bae9d5e
//   call    total_supply() -> amount         db6375a8
//           balance_of(owner) -> amount      0f755a56
//           allowance(owner, spender) -> amount
//                                            6a00165e
//           transfer(to, amount) -> result   84a15da1
//           approve(spender, amount) -> result
//                                            681266a0
//           transfer_from(from, to, amount) -> result
//                                            0b396f18
//
// A result is 00, or 01 and an error (00 balance, 01 allowance too small)
// with the REVERT flag. Input that is not of these forms traps.
//
// Storage: 00 -> supply; 01 account -> balance; 02 owner spender -> allowance.
// Zero amounts have no entry. Events carry the amount as data and 3 topics:
// a name padded with zeros, and two accounts (zeros: minted from nowhere).

typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned __int128 amount_t;

#define SEAL(module, name) \
  __attribute__((import_module(#module), import_name(#name)))

SEAL(seal0, input) void seal_input(u8* out, u32* out_size);
SEAL(seal0, caller) void seal_caller(u8* out, u32* out_size);
SEAL(seal1, get_storage)
u32 seal_get_storage(const u8* key, u32 key_size, u8* out, u32* out_size);
SEAL(seal2, set_storage)
u32 seal_set_storage(const u8* key, u32 key_size, const u8* value, u32 size);
SEAL(seal1, clear_storage) u32 seal_clear_storage(const u8* key, u32 key_size);
SEAL(seal0, deposit_event)
void seal_deposit_event(const u8* topics, u32 topics_size, const u8* data,
                        u32 data_size);
SEAL(seal0, seal_return)
_Noreturn void seal_return(u32 flags, const u8* data, u32 data_size);

enum {
  kAccountSize = 32,
  kAmountSize = 16,
  kSelectorSize = 4,
  kInputSizeMax = kSelectorSize + 2 * kAccountSize + kAmountSize,
  kRevert = 1,
};

enum Tag { kSupply = 0, kBalance = 1, kAllowance = 2 };
enum Error { kInsufficientBalance = 0, kInsufficientAllowance = 1 };

// Selectors as a little-endian load of their four bytes.
enum Selector {
  kNew = 0x5e9dae9b,
  kTotalSupply = 0xa87563db,
  kBalanceOf = 0x565a750f,
  kAllowanceOf = 0x5e16006a,
  kTransfer = 0xa15da184,
  kApprove = 0xa0661268,
  kTransferFrom = 0x186f390b,
};

// The compiler may call these two for copies and initialisers.
void* memcpy(void* to, const void* from, __SIZE_TYPE__ size) {
  for (u32 i = 0; i < size; ++i) ((u8*)to)[i] = ((const u8*)from)[i];
  return to;
}

void* memset(void* to, int value, __SIZE_TYPE__ size) {
  for (u32 i = 0; i < size; ++i) ((u8*)to)[i] = (u8)value;
  return to;
}

static amount_t ReadAmount(const u8* from) {
  amount_t amount;
  memcpy(&amount, from, kAmountSize);
  return amount;
}

// The call's input, its selector checked off.
struct Input {
  u8 bytes[kInputSizeMax];
  u32 size;
};

static u32 ReadInput(struct Input* input) {
  input->size = kInputSizeMax;
  seal_input(input->bytes, &input->size);  // traps where it is longer
  if (input->size < kSelectorSize) __builtin_trap();
  u32 selector;
  memcpy(&selector, input->bytes, kSelectorSize);
  return selector;
}

// The arguments, which must be of exactly this size.
static const u8* Arguments(const struct Input* input, u32 size) {
  if (input->size != kSelectorSize + size) __builtin_trap();
  return input->bytes + kSelectorSize;
}

struct Key {
  u8 bytes[1 + 2 * kAccountSize];
  u32 size;
};

static struct Key MakeKey(enum Tag tag, const u8* first, const u8* second) {
  struct Key key;
  key.bytes[0] = (u8)tag;
  key.size = 1;
  if (first) {
    memcpy(key.bytes + key.size, first, kAccountSize);
    key.size += kAccountSize;
  }
  if (second) {
    memcpy(key.bytes + key.size, second, kAccountSize);
    key.size += kAccountSize;
  }
  return key;
}

static amount_t Load(const struct Key* key) {
  amount_t amount = 0;
  u32 size = kAmountSize;
  // Where there is no entry, nothing is written and the amount stays 0.
  seal_get_storage(key->bytes, key->size, (u8*)&amount, &size);
  return amount;
}

static void Store(const struct Key* key, amount_t amount) {
  if (amount == 0) {
    seal_clear_storage(key->bytes, key->size);
  } else {
    seal_set_storage(key->bytes, key->size, (const u8*)&amount, kAmountSize);
  }
}

static void Emit(const char* name, const u8* first, const u8* second,
                 amount_t amount) {
  u8 topics[1 + 3 * kAccountSize] = {3 << 2};  // SCALE: a count of 3
  for (u32 i = 0; name[i]; ++i) topics[1 + i] = (u8)name[i];
  if (first) memcpy(topics + 1 + kAccountSize, first, kAccountSize);
  memcpy(topics + 1 + 2 * kAccountSize, second, kAccountSize);
  seal_deposit_event(topics, sizeof(topics), (const u8*)&amount, kAmountSize);
}

static _Noreturn void ReturnAmount(amount_t amount) {
  seal_return(0, (const u8*)&amount, kAmountSize);
}

static _Noreturn void Succeed(void) {
  static const u8 kOk[] = {0};
  seal_return(0, kOk, sizeof(kOk));
}

static _Noreturn void Fail(enum Error error) {
  const u8 data[] = {1, (u8)error};
  seal_return(kRevert, data, sizeof(data));
}

static void Move(const u8* from, const u8* to, amount_t amount) {
  const struct Key from_key = MakeKey(kBalance, from, 0);
  const struct Key to_key = MakeKey(kBalance, to, 0);
  const amount_t balance = Load(&from_key);
  if (balance < amount) Fail(kInsufficientBalance);
  Store(&from_key, balance - amount);
  // Read after the write: the two may be one account. No overflow: all
  // balances together are the supply.
  Store(&to_key, Load(&to_key) + amount);
  Emit("Token::Transfer", from, to, amount);
}

static void GetCaller(u8* caller) {
  u32 size = kAccountSize;
  seal_caller(caller, &size);
}

__attribute__((export_name("deploy"))) void deploy(void) {
  struct Input input;
  if (ReadInput(&input) != kNew) __builtin_trap();
  const amount_t supply = ReadAmount(Arguments(&input, kAmountSize));
  u8 caller[kAccountSize];
  GetCaller(caller);
  const struct Key supply_key = MakeKey(kSupply, 0, 0);
  const struct Key owner_key = MakeKey(kBalance, caller, 0);
  Store(&supply_key, supply);
  Store(&owner_key, supply);
  Emit("Token::Transfer", 0, caller, supply);
}

static void Query(u32 selector, const struct Input* input) {
  struct Key key;
  if (selector == kTotalSupply) {
    Arguments(input, 0);
    key = MakeKey(kSupply, 0, 0);
  } else if (selector == kBalanceOf) {
    key = MakeKey(kBalance, Arguments(input, kAccountSize), 0);
  } else {
    const u8* const pair = Arguments(input, 2 * kAccountSize);
    key = MakeKey(kAllowance, pair, pair + kAccountSize);
  }
  ReturnAmount(Load(&key));
}

static void TransferFrom(const u8* caller, const u8* arguments) {
  const u8* const from = arguments;
  const u8* const to = from + kAccountSize;
  const amount_t amount = ReadAmount(to + kAccountSize);
  const struct Key key = MakeKey(kAllowance, from, caller);
  const amount_t allowance = Load(&key);
  if (allowance < amount) Fail(kInsufficientAllowance);
  Store(&key, allowance - amount);
  Move(from, to, amount);
}

__attribute__((export_name("call"))) void call(void) {
  struct Input input;
  const u32 selector = ReadInput(&input);
  switch (selector) {
    case kTotalSupply:
    case kBalanceOf:
    case kAllowanceOf:
      Query(selector, &input);
      break;
  }
  u8 caller[kAccountSize];
  GetCaller(caller);
  switch (selector) {
    case kTransfer: {
      const u8* const to = Arguments(&input, kAccountSize + kAmountSize);
      Move(caller, to, ReadAmount(to + kAccountSize));
      break;
    }
    case kApprove: {
      const u8* const spender = Arguments(&input, kAccountSize + kAmountSize);
      const amount_t amount = ReadAmount(spender + kAccountSize);
      const struct Key key = MakeKey(kAllowance, caller, spender);
      Store(&key, amount);
      Emit("Token::Approval", caller, spender, amount);
      break;
    }
    case kTransferFrom:
      TransferFrom(caller, Arguments(&input, 2 * kAccountSize + kAmountSize));
      break;
    default:
      __builtin_trap();
  }
  Succeed();
}
