;; Calls itself n deep and traps there.
(module
  (func $run (export "run") (param i32) (result i32)
    local.get 0
    i32.eqz
    if (result i32)
      unreachable
    else
      local.get 0
      i32.const 1
      i32.sub
      call $run
    end))
