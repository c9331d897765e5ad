;; Fibonacci by a loop, modulo 2^64.
(module
  (func $run (export "run") (param i64) (result i64)
    (local i64 i64 i64)
    i64.const 1
    local.set 2
    block
      loop
        local.get 0
        i64.eqz
        br_if 1
        local.get 1
        local.get 2
        i64.add
        local.set 3
        local.get 2
        local.set 1
        local.get 3
        local.set 2
        local.get 0
        i64.const 1
        i64.sub
        local.set 0
        br 0
      end
    end
    local.get 1))
