;; Counts up in a global.
(module
  (global $count (mut i64) (i64.const 0))
  (func $run (export "run") (param i64) (result i64)
    i64.const 0
    global.set $count
    loop
      global.get $count
      i64.const 1
      i64.add
      global.set $count
      global.get $count
      local.get 0
      i64.lt_u
      br_if 0
    end
    global.get $count))
