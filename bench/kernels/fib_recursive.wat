;; Fibonacci by two recursive calls.
(module
  (func $run (export "run") (param i64) (result i64)
    local.get 0
    i64.const 2
    i64.lt_s
    if (result i64)
      local.get 0
    else
      local.get 0
      i64.const 2
      i64.sub
      call $run
      local.get 0
      i64.const 1
      i64.sub
      call $run
      i64.add
    end))
