;; A contract for tests: the first byte of the input chooses what it does.
(module
  (import "seal0" "seal_input" (func $input (param i32 i32)))
  (import "seal0" "seal_return" (func $return (param i32 i32 i32)))
  (import "seal0" "seal_get_storage"
    (func $get (param i32 i32 i32) (result i32)))
  (import "seal0" "seal_set_storage" (func $set (param i32 i32 i32)))
  (import "seal0" "seal_deposit_event" (func $event (param i32 i32 i32 i32)))
  (import "env" "memory" (memory 2 16))

  ;; Memory: 0 the storage key, 32 zero bytes; 64 the counter; 96 a length;
  ;; 128 the input, at most 8 bytes.
  (func (export "deploy"))

  (func $count
    (i32.store (i32.const 96) (i32.const 8))
    (drop (call $get (i32.const 0) (i32.const 64) (i32.const 96)))
    (i64.store (i32.const 64)
      (i64.add (i64.load (i32.const 64)) (i64.const 1)))
    (call $set (i32.const 0) (i32.const 64) (i32.const 8))
    (call $event (i32.const 0) (i32.const 0) (i32.const 64) (i32.const 8))
    (call $return (i32.const 0) (i32.const 64) (i32.const 8)))

  ;; Runs as many rounds as the input says, u32 from byte 1.
  (func $work (local $rounds i32)
    (local.set $rounds (i32.load (i32.const 129)))
    (loop $again
      (br_if $again
        (local.tee $rounds
          (i32.sub (local.get $rounds) (i32.const 1)))))
    (call $return (i32.const 0) (i32.const 64) (i32.const 0)))

  (func (export "call")
    (i32.store (i32.const 96) (i32.const 8))
    (call $input (i32.const 128) (i32.const 96))
    (block $forever
      (block $large
        (block $work_
          (block $trap
            (block $revert
              (block $count_
                (br_table $count_ $revert $trap $work_ $large $forever
                  (i32.load8_u (i32.const 128))))
              (call $count))
            (call $return (i32.const 1) (i32.const 128) (i32.const 8)))
          unreachable)
        (call $work))
      ;; 100,000 bytes.
      (call $return (i32.const 0) (i32.const 0) (i32.const 100000)))
    (loop $again (br $again))))
