(module
  (type $t (func (param i32) (result i32)))
  (table 16 funcref)
  (elem (i32.const 0) func $f0 $f1 $f2 $f3 $f4 $f5 $f6 $f7 $f8 $f9 $f10 $f11 $f12 $f13 $f14 $f15)
  (func $f0 (type $t) (local i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
) (i32.xor (local.get 0) (i32.const 0)))
  (func $f1 (type $t) (local i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
) (i32.xor (local.get 0) (i32.const 1)))
  (func $f2 (type $t) (local i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
) (i32.xor (local.get 0) (i32.const 2)))
  (func $f3 (type $t) (local i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
) (i32.xor (local.get 0) (i32.const 3)))
  (func $f4 (type $t) (local i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
) (i32.xor (local.get 0) (i32.const 4)))
  (func $f5 (type $t) (local i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
) (i32.xor (local.get 0) (i32.const 5)))
  (func $f6 (type $t) (local i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
) (i32.xor (local.get 0) (i32.const 6)))
  (func $f7 (type $t) (local i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
) (i32.xor (local.get 0) (i32.const 7)))
  (func $f8 (type $t) (local i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
) (i32.xor (local.get 0) (i32.const 8)))
  (func $f9 (type $t) (local i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
) (i32.xor (local.get 0) (i32.const 9)))
  (func $f10 (type $t) (local i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
) (i32.xor (local.get 0) (i32.const 10)))
  (func $f11 (type $t) (local i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
) (i32.xor (local.get 0) (i32.const 11)))
  (func $f12 (type $t) (local i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
) (i32.xor (local.get 0) (i32.const 12)))
  (func $f13 (type $t) (local i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
) (i32.xor (local.get 0) (i32.const 13)))
  (func $f14 (type $t) (local i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
) (i32.xor (local.get 0) (i32.const 14)))
  (func $f15 (type $t) (local i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
i64
) (i32.xor (local.get 0) (i32.const 15)))

  (global $kept (mut i32) (i32.const 0))
  (func (export "run") (param $n i32)
    (local $x i32) (local $y i32) (local $p i32) (local $l i64)

    (local.set $p (global.get $kept))
    (local.set $x (i32.const 12345))
    (local.set $y (i32.const 3))
    (loop $again
(local.set $y (call_indirect (type $t) (local.get $y) (i32.and (i32.shr_u (local.get $x) (i32.const 20)) (i32.const 15))))
(local.set $y (call_indirect (type $t) (local.get $y) (i32.and (i32.shr_u (local.get $x) (i32.const 20)) (i32.const 15))))
(local.set $y (call_indirect (type $t) (local.get $y) (i32.and (i32.shr_u (local.get $x) (i32.const 20)) (i32.const 15))))
(local.set $y (call_indirect (type $t) (local.get $y) (i32.and (i32.shr_u (local.get $x) (i32.const 20)) (i32.const 15))))
(local.set $y (call_indirect (type $t) (local.get $y) (i32.and (i32.shr_u (local.get $x) (i32.const 20)) (i32.const 15))))
(local.set $y (call_indirect (type $t) (local.get $y) (i32.and (i32.shr_u (local.get $x) (i32.const 20)) (i32.const 15))))
(local.set $y (call_indirect (type $t) (local.get $y) (i32.and (i32.shr_u (local.get $x) (i32.const 20)) (i32.const 15))))
(local.set $y (call_indirect (type $t) (local.get $y) (i32.and (i32.shr_u (local.get $x) (i32.const 20)) (i32.const 15))))
(local.set $y (call_indirect (type $t) (local.get $y) (i32.and (i32.shr_u (local.get $x) (i32.const 20)) (i32.const 15))))
(local.set $y (call_indirect (type $t) (local.get $y) (i32.and (i32.shr_u (local.get $x) (i32.const 20)) (i32.const 15))))
(local.set $y (call_indirect (type $t) (local.get $y) (i32.and (i32.shr_u (local.get $x) (i32.const 20)) (i32.const 15))))
(local.set $y (call_indirect (type $t) (local.get $y) (i32.and (i32.shr_u (local.get $x) (i32.const 20)) (i32.const 15))))
(local.set $y (call_indirect (type $t) (local.get $y) (i32.and (i32.shr_u (local.get $x) (i32.const 20)) (i32.const 15))))
(local.set $y (call_indirect (type $t) (local.get $y) (i32.and (i32.shr_u (local.get $x) (i32.const 20)) (i32.const 15))))
(local.set $y (call_indirect (type $t) (local.get $y) (i32.and (i32.shr_u (local.get $x) (i32.const 20)) (i32.const 15))))
(local.set $y (call_indirect (type $t) (local.get $y) (i32.and (i32.shr_u (local.get $x) (i32.const 20)) (i32.const 15))))

      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (global.set $kept (local.get $p))))
