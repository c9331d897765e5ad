(module
  (memory 64)
  (func $ring (local $i i32)
    (loop $next
      (i32.store (i32.mul (local.get $i) (i32.const 64))
        (i32.mul (i32.const 64)
          (i32.and (i32.const 524287)
            (i32.add (i32.const 1013904223)
              (i32.mul (local.get $i) (i32.const 1664525))))))
      (br_if $next (i32.lt_u
        (local.tee $i (i32.add (local.get $i) (i32.const 1)))
        (i32.const 524288)))))
  (global $built (mut i32) (i32.const 0))
  (global $kept (mut i32) (i32.const 0))
  (func (export "run") (param $n i32)
    (local $x i32) (local $y i32) (local $p i32) (local $l i64)
(if (i32.lt_u (memory.size) (i32.const 512)) (then (drop (memory.grow (i32.sub (i32.const 512) (memory.size))))))
(if (i32.eqz (global.get $built)) (then (call $ring) (global.set $built (i32.const 1))))
    (local.set $p (global.get $kept))
    (local.set $x (i32.const 12345))
    (local.set $y (i32.const 3))
    (loop $again
(local.set $p (i32.load
(i32.load
(i32.load
(i32.load
(i32.load
(i32.load
(i32.load
(i32.load
(i32.load
(i32.load
(i32.load
(i32.load
(i32.load
(i32.load
(i32.load
(i32.load
(local.get $p))
)
)
)
)
)
)
)
)
)
)
)
)
)
)
)
)
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (global.set $kept (local.get $p))))
