;; Counts up to a limit, in i32.
(module
  (func $run (export "run") (param i32) (result i32)
    (local i32)
    block
      loop
        local.get 1
        local.get 0
        i32.eq
        br_if 1
        local.get 1
        i32.const 1
        i32.add
        local.set 1
        br 0
      end
    end
    local.get 1))
