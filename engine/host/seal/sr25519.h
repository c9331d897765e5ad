// Schnorrkel signatures on ristretto255 (sr25519), as Substrate makes them:
// github.com/w3f/schnorrkel with the signing context "substrate", over Merlin
// transcripts (merlin.cool), which are STROBE-128 (strobe.sourceforge.io).
#ifndef ENGINE_HOST_SEAL_SR25519_H_
#define ENGINE_HOST_SEAL_SR25519_H_

#include "absl/strings/string_view.h"

namespace ashlar::host::seal {

// Whether `signature` (64 bytes) of `message` is by `public_key` (32 bytes).
// REQUIRES: these sizes. Pure.
bool VerifySr25519(absl::string_view signature, absl::string_view public_key,
                   absl::string_view message);

}  // namespace ashlar::host::seal

#endif  // ENGINE_HOST_SEAL_SR25519_H_
