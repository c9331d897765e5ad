#!/usr/bin/env bash
exec python3 bench/smoke_test.py "$@"
