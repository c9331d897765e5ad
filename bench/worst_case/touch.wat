(module (memory 0 65536)
  (func (export "run") (param $n i32) (local $p i32)
    (drop (memory.grow (local.get $n)))
    (local.set $n (i32.mul (local.get $n) (i32.const 65536)))
    (loop $again
      (i32.store (local.get $p) (i32.const 1))
      (local.set $p (i32.add (local.get $p) (i32.const 16384)))
      (br_if $again (i32.lt_u (local.get $p) (local.get $n))))))
