;; Calls the host n times; it answers with its argument.
(module
  (import "benchmark" "host_call" (func $host (param i64) (result i64)))
  (func $run (export "run") (param i64) (result i64)
    (local i64)
    loop
      local.get 0
      call $host
      local.get 1
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
