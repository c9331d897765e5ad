#!/usr/bin/env bash
exec python3 "$(dirname "$0")/tidy_rules_test.py"
