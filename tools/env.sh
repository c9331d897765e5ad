# Sourced by the scripts beside it: goes to the checkout's root and sets what
# Bazel and the tests take from the environment.

cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Bazel needs a home also where the caller has none.
export HOME="${HOME:-$(getent passwd "$(id -u)" | cut -d: -f6)}"

# Suites, contracts and benchmark modules beside the checkout; tests that need
# them are skipped, with a line, where they are absent.
ASHLAR_DATA="$(realpath -m "${ASHLAR_DATA:-../shared}")"
export ASHLAR_DATA
