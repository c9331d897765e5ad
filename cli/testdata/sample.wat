;; Exports for the tests of the command line.
(module
  (import "env" "missing" (func $missing))
  (memory (export "memory") 1 4)
  (func (export "fib") (param $n i64) (result i64)
    (local $a i64) (local $b i64) (local $t i64)
    (local.set $b (i64.const 1))
    (block $done
      (loop $next
        (br_if $done (i64.eqz (local.get $n)))
        (local.set $t (i64.add (local.get $a) (local.get $b)))
        (local.set $a (local.get $b))
        (local.set $b (local.get $t))
        (local.set $n (i64.sub (local.get $n) (i64.const 1)))
        (br $next)))
    (local.get $a))
  (func (export "div") (param i32 i32) (result i32)
    (i32.div_s (local.get 0) (local.get 1)))
  (func (export "nan") (result f32)
    (f32.div (f32.const 0) (f32.const 0)))
  (func (export "ask_the_host")
    (call $missing))
  ;; Without a loop: what they use at most can be told from the code.
  (func $square (param i32) (result i32)
    (i32.mul (local.get 0) (local.get 0)))
  (func $bounded (export "bounded") (param $x i32) (result i32)
    (local $y i32)
    (block $small
      (br_if $small (i32.lt_u (local.get $x) (i32.const 10)))
      (if (i32.eq (local.get $x) (i32.const 10))
        (then (return (call $square (call $square (local.get $x)))))
        (else (local.set $y (i32.div_u (local.get $x) (i32.const 3)))))
      (if (i32.eq (local.get $x) (i32.const 11))
        (then (return (call $square (i32.rem_u (local.get $x) (i32.const 7)))))))
    (block $one (block $two
      (br_table $one $two $one (local.get $x)))
      (local.set $y (i32.mul (local.get $y) (local.get $y))))
    (i32.add (local.get $x) (local.get $y)))
  (func (export "unbounded") (param i32)
    (drop (memory.grow (local.get 0)))
    (drop (call $bounded (local.get 0))))
  ;; The protocol of the benchmarks: the bytes of the input are added up.
  (func (export "setup") (param $length i32) (result i32)
    (i32.store (i32.const 0) (local.get $length))
    (i32.const 8))
  (func (export "input_ptr") (param $data i32) (result i32)
    (local.get $data))
  (func (export "sum") (param $data i32) (result i64)
    (local $end i32) (local $sum i64)
    (local.set $end
      (i32.add (local.get $data) (i32.load (i32.const 0))))
    (block $done
      (loop $next
        (br_if $done (i32.eq (local.get $data) (local.get $end)))
        (local.set $sum
          (i64.add (local.get $sum) (i64.load8_u (local.get $data))))
        (local.set $data (i32.add (local.get $data) (i32.const 1)))
        (br $next)))
    (local.get $sum)))
