;; Counts up in a local.
(module
  (func $run (export "run") (param i64) (result i64)
    (local i64)
    loop
      local.get 1
      i64.const 1
      i64.add
      local.tee 1
      local.get 0
      i64.lt_u
      br_if 0
    end
    local.get 1))
