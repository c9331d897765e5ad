;; Keeps what it was called with, then works as long as the input's first byte
;; says: 255 is for ever; 254 traps; 253 reverts; 252 answers the fuel that it
;; has left.
(module
  (import "env" "memory" (memory 1 2))
  (import "seal0" "input" (func $input (param i32 i32)))
  (import "seal0" "seal_return" (func $return (param i32 i32 i32)))
  (import "seal0" "gas_left" (func $gas_left (param i32 i32)))
  (import "seal2" "set_storage"
    (func $set (param i32 i32 i32 i32) (result i32)))
  (func (export "deploy"))
  (func (export "call") (local $n i32)
    (i32.store (i32.const 0) (i32.const 64))
    (call $input (i32.const 16) (i32.const 0))
    (local.set $n (i32.load8_u (i32.const 16)))
    (drop (call $set (i32.const 100) (i32.const 3)
      (i32.const 16) (i32.load (i32.const 0))))
    (if (i32.eq (local.get $n) (i32.const 254)) (then unreachable))
    (if (i32.eq (local.get $n) (i32.const 253))
      (then (call $return (i32.const 1) (i32.const 16) (i32.const 1))))
    (if (i32.eq (local.get $n) (i32.const 252))
      (then
        (i32.store (i32.const 0) (i32.const 8))
        (call $gas_left (i32.const 16) (i32.const 0))
        (call $return (i32.const 0) (i32.const 16) (i32.const 8))))
    (loop $again
      (br_if $again (i32.eq (local.get $n) (i32.const 255)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (call $return (i32.const 0) (i32.const 16) (i32.const 1))))
