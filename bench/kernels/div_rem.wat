;; Each of the eight divisions n times.
(module
  (func $run (export "run") (param i64) (result i64)
    (local i64)
    loop
      local.get 1
      i64.const 1000000007
      local.get 0
      i64.div_s
      i64.const -1000000007
      local.get 0
      i64.div_u
      i64.xor
      i64.const -1000000007
      local.get 0
      i64.rem_s
      i64.xor
      i64.const 1000000007
      local.get 0
      i64.rem_u
      i64.xor
      i32.const -1000000007
      local.get 0
      i32.wrap_i64
      i32.div_s
      i32.const 1000000007
      local.get 0
      i32.wrap_i64
      i32.div_u
      i32.xor
      i32.const 1000000007
      local.get 0
      i32.wrap_i64
      i32.rem_s
      i32.xor
      i32.const -1000000007
      local.get 0
      i32.wrap_i64
      i32.rem_u
      i32.xor
      i64.extend_i32_s
      i64.xor
      i64.add
      local.set 1
      local.get 0
      i64.const 1
      i64.sub
      local.tee 0
      i64.const 0
      i64.ne
      br_if 0
    end
    local.get 1))
