;; Calls an account: the input is a byte, a cap (u64 LE; 0: none), the account,
;; and more. The callee's input is that byte and what is more, so that callers
;; can be chained. Answers what the call answered (u32 LE), then what the callee
;; gave. The callee's failure is no failure of this contract.
(module
  (import "env" "memory" (memory 1 2))
  (import "seal0" "input" (func $input (param i32 i32)))
  (import "seal0" "seal_return" (func $return (param i32 i32 i32)))
  (import "seal1" "call" (func $call
    (param i32 i32 i64 i32 i32 i32 i32 i32) (result i32)))
  (func (export "deploy"))
  (func (export "call") (local $code i32)
    (i32.store (i32.const 0) (i32.const 128))
    (call $input (i32.const 16) (i32.const 0))
    (memory.copy (i32.const 300) (i32.const 25) (i32.const 32))
    (i32.store8 (i32.const 56) (i32.load8_u (i32.const 16)))
    (i32.store (i32.const 4) (i32.const 64))
    (local.set $code
      (call $call (i32.const 0)
        (i32.const 300)                ;; account
        (i64.load (i32.const 17))      ;; cap
        (i32.const 400)                ;; value: 0
        (i32.const 56)                 ;; input
        (i32.sub (i32.load (i32.const 0)) (i32.const 40))
        (i32.const 516) (i32.const 4)))
    (i32.store (i32.const 512) (local.get $code))
    ;; Code 1 leaves the callee's output as it was.
    (call $return (i32.const 0) (i32.const 512)
      (select (i32.const 4) (i32.add (i32.const 4) (i32.load (i32.const 4)))
        (i32.eq (local.get $code) (i32.const 1))))))
