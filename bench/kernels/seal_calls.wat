;; A contract that calls one host function of the seal ABI many times. Input:
;; which one (0: none), how often (each a u32). Returns how often it did.
(module
  (import "seal0" "seal_input" (func $input (param i32 i32)))
  (import "seal0" "seal_return" (func $return (param i32 i32 i32)))
  (import "seal0" "seal_value_transferred" (func $value (param i32 i32)))
  (import "seal1" "get_storage"
    (func $get (param i32 i32 i32 i32) (result i32)))
  (import "seal2" "set_storage"
    (func $set (param i32 i32 i32 i32) (result i32)))
  (import "seal0" "seal_hash_blake2_256" (func $hash (param i32 i32 i32)))
  (import "env" "memory" (memory 1 1))
  ;; 0: input; 16: its size; 32: a buffer of 32 bytes; 64: its size; 96: a key
  ;; of 32 bytes.
  (data (i32.const 16) "\08")
  (func (export "deploy"))
  (func (export "call")
    (local $done i32)
    (call $input (i32.const 0) (i32.const 16))
    (drop (call $set (i32.const 96) (i32.const 32)
                     (i32.const 32) (i32.const 16)))
    (loop $next
      (i32.store (i32.const 64) (i32.const 32))
      (block $called
        (block $hash_
          (block $set_
            (block $get_
              (block $value_
                (br_table $called $value_ $get_ $set_ $hash_
                          (i32.load (i32.const 0))))
              (call $value (i32.const 32) (i32.const 64))
              (br $called))
            (drop (call $get (i32.const 96) (i32.const 32)
                             (i32.const 32) (i32.const 64)))
            (br $called))
          (drop (call $set (i32.const 96) (i32.const 32)
                           (i32.const 32) (i32.const 16)))
          (br $called))
        (call $hash (i32.const 96) (i32.const 32) (i32.const 32)))
      (br_if $next
        (i32.lt_u
          (local.tee $done (i32.add (local.get $done) (i32.const 1)))
          (i32.load (i32.const 4)))))
    (i32.store (i32.const 0) (local.get $done))
    (call $return (i32.const 0) (i32.const 0) (i32.const 4))))
