;; Goes n times through a br_table of 18 labels, hashed indexes.
(module
  (func $pick (param i32) (result i32)
    block
      block
        block
          block
            local.get 0
            br_table 0 1 2 1 0 3 3 3 3 3 3 3 3 3 3 3 3 2
          end
          i32.const 100
          return
        end
        i32.const 200
        return
      end
      i32.const 300
      return
    end
    i32.const 400)
  (func $run (export "run") (param i32) (result i32)
    (local i32)
    loop
      local.get 0
      i32.const -1640531535
      i32.mul
      i32.const 28
      i32.shr_u
      call $pick
      local.get 1
      i32.add
      local.set 1
      local.get 0
      i32.const 1
      i32.sub
      local.tee 0
      br_if 0
    end
    local.get 1))
