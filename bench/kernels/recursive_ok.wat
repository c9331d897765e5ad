;; Calls itself n deep and comes back.
(module
  (func $run (export "run") (param i32) (result i32)
    local.get 0
    i32.eqz
    if (result i32)
      i32.const 0
    else
      local.get 0
      i32.const 1
      i32.sub
      call $run
    end))
