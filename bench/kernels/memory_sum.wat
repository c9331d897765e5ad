;; Writes 0, 1, ... n - 1 to memory and adds them up again.
(module
  (memory 16)
  (func $run (export "run") (param i32) (result i64)
    (local i32 i64)
    loop
      local.get 1
      i32.const 3
      i32.shl
      local.get 1
      i64.extend_i32_u
      i64.store
      local.get 1
      i32.const 1
      i32.add
      local.tee 1
      local.get 0
      i32.lt_u
      br_if 0
    end
    loop
      local.get 1
      i32.const 1
      i32.sub
      local.tee 1
      i32.const 3
      i32.shl
      i64.load
      local.get 2
      i64.add
      local.set 2
      local.get 1
      br_if 0
    end
    local.get 2))
