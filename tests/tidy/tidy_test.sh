#!/usr/bin/env bash
# Runs tidy.py on the checkout that this test was built from: its own file is
# a link into it.
set -euo pipefail
here=$(dirname "$(realpath "$0")")
exec python3 "$here/tidy.py" --format
