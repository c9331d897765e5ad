;; Calls itself until the stack is exhausted.
(module
  (func $run (export "run") (param i32) (result i32)
    local.get 0
    i32.const 1
    i32.add
    call $run))
