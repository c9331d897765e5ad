// The modules whose start-up is measured one by one.
#ifndef BENCH_STARTUP_MODULES_H_
#define BENCH_STARTUP_MODULES_H_

namespace ashlar::bench {

struct StartupModule {
  const char* name;
  const char* path;  // below ASHLAR_DATA
};

// By size. cosmwasm_211k has the size that nodes see most.
inline constexpr StartupModule kStartupModules[] = {
    {"erc20", "bench/erc20.wasm"},
    {"coremark", "bench/coremark.wasm"},
    {"erc721", "bench/erc721.wasm"},
    {"erc1155", "bench/erc1155.wasm"},
    {"tiny_keccak", "bench/tiny-keccak.wasm"},
    {"rev_complement", "bench/reverse-complement.wasm"},
    {"argon2", "bench/argon2.wasm"},
    {"bz2", "bench/bz2.wasm"},
    {"cosmwasm_211k",
     "contracts/cosmwasm/CosmWasm__cosmwasm__hackatom_1.0.wasm"},
    {"regex_redux", "bench/regex-redux.wasm"},
    {"pulldown_cmark", "bench/pulldown-cmark.wasm"},
    {"spidermonkey", "bench/spidermonkey.wasm"},
};

}  // namespace ashlar::bench

#endif  // BENCH_STARTUP_MODULES_H_
