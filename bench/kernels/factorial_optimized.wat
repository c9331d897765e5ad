;; Factorial by a loop, modulo 2^64.
(module
  (func $run (export "run") (param i64) (result i64)
    (local i64)
    i64.const 1
    local.set 1
    block
      local.get 0
      i64.const 2
      i64.lt_u
      br_if 0
      loop
        local.get 1
        local.get 0
        i64.mul
        local.set 1
        local.get 0
        i64.const 1
        i64.sub
        local.tee 0
        i64.const 1
        i64.gt_u
        br_if 0
      end
    end
    local.get 1))
