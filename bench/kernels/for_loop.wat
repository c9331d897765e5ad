;; Adds up 0, 1, ... n - 1 as a compiler writes a for loop.
(module
  (func $run (export "run") (param i64) (result i64)
    (local i64 i64)
    block
      loop
        local.get 1
        local.get 0
        i64.ge_u
        br_if 1
        local.get 2
        local.get 1
        i64.add
        local.set 2
        local.get 1
        i64.const 1
        i64.add
        local.set 1
        br 0
      end
    end
    local.get 2))
