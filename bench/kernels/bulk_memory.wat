;; n rounds: fills 64 KiB and copies it up and down, overlapping.
(module
  (memory 2)
  (func $run (export "run") (param i32) (result i32)
    loop
      i32.const 0
      local.get 0
      i32.const 65536
      memory.fill
      i32.const 0
      i32.const 7
      i32.store8
      i32.const 1
      i32.const 0
      i32.const 65536
      memory.copy
      i32.const 0
      i32.const 1
      i32.const 65536
      memory.copy
      local.get 0
      i32.const 1
      i32.sub
      local.tee 0
      br_if 0
    end
    i32.const 0
    i32.load))
