(module

  (global $kept (mut i32) (i32.const 0))
  (func (export "run") (param $n i32)
    (local $x i32) (local $y i32) (local $p i32) (local $l i64)

    (local.set $p (global.get $kept))
    (local.set $x (i32.const 12345))
    (local.set $y (i32.const 3))
    (loop $again
block
block
(br_table 0 1 (i32.shr_u (local.get $x) (i32.const 31)))
end
end

block
block
(br_table 0 1 (i32.shr_u (local.get $x) (i32.const 31)))
end
end

block
block
(br_table 0 1 (i32.shr_u (local.get $x) (i32.const 31)))
end
end

block
block
(br_table 0 1 (i32.shr_u (local.get $x) (i32.const 31)))
end
end

block
block
(br_table 0 1 (i32.shr_u (local.get $x) (i32.const 31)))
end
end

block
block
(br_table 0 1 (i32.shr_u (local.get $x) (i32.const 31)))
end
end

block
block
(br_table 0 1 (i32.shr_u (local.get $x) (i32.const 31)))
end
end

block
block
(br_table 0 1 (i32.shr_u (local.get $x) (i32.const 31)))
end
end

block
block
(br_table 0 1 (i32.shr_u (local.get $x) (i32.const 31)))
end
end

block
block
(br_table 0 1 (i32.shr_u (local.get $x) (i32.const 31)))
end
end

block
block
(br_table 0 1 (i32.shr_u (local.get $x) (i32.const 31)))
end
end

block
block
(br_table 0 1 (i32.shr_u (local.get $x) (i32.const 31)))
end
end

block
block
(br_table 0 1 (i32.shr_u (local.get $x) (i32.const 31)))
end
end

block
block
(br_table 0 1 (i32.shr_u (local.get $x) (i32.const 31)))
end
end

block
block
(br_table 0 1 (i32.shr_u (local.get $x) (i32.const 31)))
end
end

block
block
(br_table 0 1 (i32.shr_u (local.get $x) (i32.const 31)))
end
end


      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (global.set $kept (local.get $p))))
