;; Fibonacci by tail calls, modulo 2^64.
(module
  (func $step (param i64 i64 i64) (result i64)
    local.get 0
    i64.eqz
    if
      local.get 1
      return
    end
    local.get 0
    i64.const 1
    i64.sub
    local.get 2
    local.get 1
    local.get 2
    i64.add
    return_call $step)
  (func $run (export "run") (param i64) (result i64)
    local.get 0
    i64.const 0
    i64.const 1
    return_call $step))
