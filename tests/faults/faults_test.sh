#!/usr/bin/env bash
# On the checkout that this test was built from: its own file is a link to it.
set -euo pipefail
exec python3 "$(dirname "$(realpath "$0")")/faults_test.py"
