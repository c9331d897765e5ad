#!/usr/bin/env bash
exec python3 tests/dispatch/check_dispatch.py "$@"
