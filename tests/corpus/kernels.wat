;; Small programs of the kind that interpreters are measured with.
(module
  (import "host" "tick" (func $tick (param i32) (result i32)))
  (memory (export "memory") 1 4)
  (table funcref (elem $double $square $negate $fib_iterative))
  (type $unary (func (param i64) (result i64)))
  (global $count (mut i64) (i64.const 0))
  (data $text "every byte of it is copied more than once")

  (func (export "count_local") (param i64) (result i64)
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
    local.get 1)

  (func (export "count_param") (param i64) (result i64)
    loop
      local.get 0
      i64.const 1
      i64.sub
      local.tee 0
      i64.const 0
      i64.ne
      br_if 0
    end
    local.get 0)

  (func (export "count_global") (param i64) (result i64)
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
    global.get $count)

  (func (export "count_until") (param i32) (result i32)
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
    local.get 1)

  (func $fib (export "fib_recursive") (param i64) (result i64)
    local.get 0
    i64.const 2
    i64.lt_s
    if (result i64)
      local.get 0
    else
      local.get 0
      i64.const 2
      i64.sub
      call $fib
      local.get 0
      i64.const 1
      i64.sub
      call $fib
      i64.add
    end)

  (func $fib_iterative (export "fib_iterative") (param i64) (result i64)
    (local i64 i64 i64)
    i64.const 1
    local.set 2
    block
      loop
        local.get 0
        i64.eqz
        br_if 1
        local.get 1
        local.get 2
        i64.add
        local.set 3
        local.get 2
        local.set 1
        local.get 3
        local.set 2
        local.get 0
        i64.const 1
        i64.sub
        local.set 0
        br 0
      end
    end
    local.get 1)

  (func $fib_step (param i64 i64 i64) (result i64)
    local.get 0
    i64.eqz
    if
      local.get 1
      return
    end
    local.get 0
    i64.const 1
    i64.sub
    local.get 2
    local.get 1
    local.get 2
    i64.add
    return_call $fib_step)
  (func (export "fib_tail") (param i64) (result i64)
    local.get 0
    i64.const 0
    i64.const 1
    return_call $fib_step)

  (func $factorial (export "factorial_recursive") (param i64) (result i64)
    local.get 0
    i64.eqz
    if (result i64)
      i64.const 1
    else
      local.get 0
      local.get 0
      i64.const 1
      i64.sub
      call $factorial
      i64.mul
    end)

  (func (export "factorial_iterative") (param i64) (result i64)
    (local i64)
    i64.const 1
    local.set 1
    block
      loop
        local.get 0
        i64.const 2
        i64.lt_s
        br_if 1
        local.get 1
        local.get 0
        i64.mul
        local.set 1
        local.get 0
        i64.const 1
        i64.sub
        local.set 0
        br 0
      end
    end
    local.get 1)

  ;; Counts how deep it got.
  (func $deep (export "deep") (param i32) (result i32)
    local.get 0
    i32.eqz
    if (result i32)
      i32.const 0
    else
      local.get 0
      i32.const 1
      i32.sub
      call $deep
      i32.const 1
      i32.add
    end)

  ;; Fills, initialises and copies n bytes, overlapping, and adds a few up.
  (func (export "bulk") (param i32) (result i32)
    i32.const 0
    i32.const 7
    local.get 0
    memory.fill
    i32.const 3
    i32.const 0
    i32.const 41
    memory.init $text
    i32.const 1
    i32.const 0
    local.get 0
    memory.copy
    i32.const 0
    i32.const 2
    local.get 0
    memory.copy
    i32.const 0
    i32.load
    local.get 0
    i32.load8_u
    i32.add)
  (func (export "bulk_drop")
    data.drop $text)

  ;; All eight divisions of both widths.
  (func (export "div_rem") (param i64 i64) (result i64)
    local.get 0
    local.get 1
    i64.div_s
    local.get 0
    local.get 1
    i64.div_u
    i64.xor
    local.get 0
    local.get 1
    i64.rem_s
    i64.xor
    local.get 0
    local.get 1
    i64.rem_u
    i64.xor
    local.get 0
    i32.wrap_i64
    local.get 1
    i32.wrap_i64
    i32.div_s
    local.get 0
    i32.wrap_i64
    local.get 1
    i32.wrap_i64
    i32.div_u
    i32.xor
    local.get 0
    i32.wrap_i64
    local.get 1
    i32.wrap_i64
    i32.rem_s
    i32.xor
    local.get 0
    i32.wrap_i64
    local.get 1
    i32.wrap_i64
    i32.rem_u
    i32.xor
    i64.extend_i32_s
    i64.xor)

  ;; Writes 0, 1, ... n - 1 and adds them up again.
  (func (export "memory_sum") (param i32) (result i64)
    (local i32 i64)
    loop
      local.get 1
      i32.const 3
      i32.shl
      local.get 1
      i64.extend_i32_u
      i64.store
      local.get 1
      i32.const 1
      i32.add
      local.tee 1
      local.get 0
      i32.lt_u
      br_if 0
    end
    loop
      local.get 1
      i32.const 1
      i32.sub
      local.tee 1
      i32.const 3
      i32.shl
      i64.load
      local.get 2
      i64.add
      local.set 2
      local.get 1
      br_if 0
    end
    local.get 2)

  (func (export "grow") (param i32) (result i32)
    local.get 0
    memory.grow
    memory.size
    i32.add)

  (func $leaf (param i32) (result i32)
    local.get 0
    i32.const 1
    i32.add)
  (func $middle (param i32) (result i32)
    local.get 0
    call $leaf
    call $leaf)
  (func $outer (param i32) (result i32)
    local.get 0
    call $middle
    call $middle)
  (func (export "flat_calls") (param i32) (result i32)
    (local i32)
    loop
      local.get 1
      call $leaf
      local.tee 1
      local.get 0
      i32.lt_u
      br_if 0
    end
    local.get 1)
  (func (export "nested_calls") (param i32) (result i32)
    (local i32)
    loop
      local.get 1
      call $outer
      local.tee 1
      local.get 0
      i32.lt_u
      br_if 0
    end
    local.get 1)

  (func $double (param i64) (result i64)
    local.get 0
    i64.const 1
    i64.shl)
  (func $square (param i64) (result i64)
    local.get 0
    local.get 0
    i64.mul)
  (func $negate (param i64) (result i64)
    i64.const 0
    local.get 0
    i64.sub)
  (func (export "indirect_call") (param i64 i32) (result i64)
    local.get 0
    local.get 1
    call_indirect (type $unary))
  ;; Calls one function after the other of the table's first three.
  (func (export "indirect_calls") (param i32) (result i64)
    (local i64)
    i64.const 3
    local.set 1
    loop
      local.get 1
      local.get 0
      i32.const 3
      i32.rem_u
      call_indirect (type $unary)
      local.set 1
      local.get 0
      i32.const 1
      i32.sub
      local.tee 0
      br_if 0
    end
    local.get 1)

  (func $pick (export "br_table") (param i32) (result i32)
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
  (func (export "br_tables") (param i32) (result i32)
    (local i32)
    loop
      local.get 0
      i32.const 15
      i32.and
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
    local.get 1)

  (func (export "host_calls") (param i32) (result i32)
    (local i32)
    loop
      local.get 0
      call $tick
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
