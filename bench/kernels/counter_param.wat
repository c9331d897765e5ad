;; Counts down in the parameter.
(module
  (func $run (export "run") (param i64) (result i64)
    loop
      local.get 0
      i64.const 1
      i64.sub
      local.tee 0
      i64.const 0
      i64.ne
      br_if 0
    end
    local.get 0))
