;; Calls three deep; four leaves are called in each round.
(module
  (func $leaf (param i32) (result i32)
    local.get 0
    i32.const 1
    i32.add)
  (func $middle (param i32) (result i32)
    local.get 0
    call $leaf
    call $leaf)
  (func $outer (param i32) (result i32)
    local.get 0
    call $middle
    call $middle)
  (func $run (export "run") (param i32) (result i32)
    (local i32)
    loop
      local.get 1
      call $outer
      local.tee 1
      local.get 0
      i32.lt_u
      br_if 0
    end
    local.get 1))
