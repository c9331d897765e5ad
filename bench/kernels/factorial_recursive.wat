;; Factorial by recursion, modulo 2^64.
(module
  (func $run (export "run") (param i64) (result i64)
    local.get 0
    i64.eqz
    if (result i64)
      i64.const 1
    else
      local.get 0
      local.get 0
      i64.const 1
      i64.sub
      call $run
      i64.mul
    end))
