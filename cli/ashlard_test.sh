#!/usr/bin/env bash
exec python3 "$(dirname "$0")/ashlard_test.py"
