;; Calls a leaf function n times.
(module
  (func $leaf (param i32) (result i32)
    local.get 0
    i32.const 1
    i32.add)
  (func $run (export "run") (param i32) (result i32)
    (local i32)
    loop
      local.get 1
      call $leaf
      local.tee 1
      local.get 0
      i32.lt_u
      br_if 0
    end
    local.get 1))
