(func (param i32 i32) (result i32)
(i32.store (local.get 0) (i32.add (i32.load (local.get 0)) (local.get 1)))
(i32.store (local.get 0) (i32.add (i32.load (local.get 0)) (local.get 1)))
(i32.store (local.get 0) (i32.add (i32.load (local.get 0)) (local.get 1)))
(i32.store (local.get 0) (i32.add (i32.load (local.get 0)) (local.get 1)))
(i32.store (local.get 0) (i32.add (i32.load (local.get 0)) (local.get 1)))
(i32.store (local.get 0) (i32.add (i32.load (local.get 0)) (local.get 1)))
(i32.store (local.get 0) (i32.add (i32.load (local.get 0)) (local.get 1)))
(i32.store (local.get 0) (i32.add (i32.load (local.get 0)) (local.get 1)))
(i32.store (local.get 0) (i32.add (i32.load (local.get 0)) (local.get 1)))
(i32.store (local.get 0) (i32.add (i32.load (local.get 0)) (local.get 1)))
(i32.store (local.get 0) (i32.add (i32.load (local.get 0)) (local.get 1)))
(i32.store (local.get 0) (i32.add (i32.load (local.get 0)) (local.get 1)))
(i32.store (local.get 0) (i32.add (i32.load (local.get 0)) (local.get 1)))
(i32.store (local.get 0) (i32.add (i32.load (local.get 0)) (local.get 1)))
(i32.store (local.get 0) (i32.add (i32.load (local.get 0)) (local.get 1)))
(i32.store (local.get 0) (i32.add (i32.load (local.get 0)) (local.get 1)))
(i32.store (local.get 0) (i32.add (i32.load (local.get 0)) (local.get 1)))
(i32.store (local.get 0) (i32.add (i32.load (local.get 0)) (local.get 1)))
(i32.store (local.get 0) (i32.add (i32.load (local.get 0)) (local.get 1)))
(i32.store (local.get 0) (i32.add (i32.load (local.get 0)) (local.get 1)))
unreachable
unreachable
unreachable
unreachable
unreachable
unreachable
unreachable
unreachable
unreachable
unreachable
unreachable
unreachable
unreachable
unreachable
unreachable
unreachable
unreachable
unreachable
unreachable
unreachable
unreachable
unreachable
unreachable
unreachable
unreachable
unreachable
unreachable
unreachable
unreachable
unreachable
unreachable
unreachable
unreachable
unreachable
unreachable
unreachable
unreachable
unreachable
unreachable
unreachable
unreachable
unreachable
unreachable
unreachable
unreachable
unreachable
unreachable
unreachable
unreachable
unreachable
unreachable
unreachable
unreachable
unreachable
unreachable
unreachable
unreachable
unreachable
unreachable
unreachable
unreachable
unreachable
unreachable
unreachable
unreachable
unreachable
unreachable
unreachable
unreachable
unreachable
unreachable
unreachable
unreachable
unreachable
unreachable
unreachable
unreachable
unreachable
unreachable
unreachable
unreachable
unreachable
unreachable
unreachable
unreachable
unreachable
unreachable
unreachable
unreachable
unreachable
unreachable
unreachable
unreachable
unreachable
unreachable
unreachable
unreachable
unreachable
unreachable
unreachable
(drop (if (result i32) (local.get 0) (then (local.get 1)) (else (local.get 0))))
(drop (if (result i32) (local.get 0) (then (local.get 1)) (else (local.get 0))))
(drop (if (result i32) (local.get 0) (then (local.get 1)) (else (local.get 0))))
(drop (if (result i32) (local.get 0) (then (local.get 1)) (else (local.get 0))))
(drop (if (result i32) (local.get 0) (then (local.get 1)) (else (local.get 0))))
(drop (if (result i32) (local.get 0) (then (local.get 1)) (else (local.get 0))))
(drop (if (result i32) (local.get 0) (then (local.get 1)) (else (local.get 0))))
(drop (if (result i32) (local.get 0) (then (local.get 1)) (else (local.get 0))))
(drop (if (result i32) (local.get 0) (then (local.get 1)) (else (local.get 0))))
(drop (if (result i32) (local.get 0) (then (local.get 1)) (else (local.get 0))))
(drop (if (result i32) (local.get 0) (then (local.get 1)) (else (local.get 0))))
(drop (if (result i32) (local.get 0) (then (local.get 1)) (else (local.get 0))))
(drop (if (result i32) (local.get 0) (then (local.get 1)) (else (local.get 0))))
(drop (if (result i32) (local.get 0) (then (local.get 1)) (else (local.get 0))))
(drop (if (result i32) (local.get 0) (then (local.get 1)) (else (local.get 0))))
(drop (if (result i32) (local.get 0) (then (local.get 1)) (else (local.get 0))))
(drop (if (result i32) (local.get 0) (then (local.get 1)) (else (local.get 0))))
(drop (if (result i32) (local.get 0) (then (local.get 1)) (else (local.get 0))))
(drop (if (result i32) (local.get 0) (then (local.get 1)) (else (local.get 0))))
(drop (if (result i32) (local.get 0) (then (local.get 1)) (else (local.get 0))))
(drop (if (result i32) (local.get 0) (then (local.get 1)) (else (local.get 0))))
(drop (if (result i32) (local.get 0) (then (local.get 1)) (else (local.get 0))))
(drop (if (result i32) (local.get 0) (then (local.get 1)) (else (local.get 0))))
(drop (if (result i32) (local.get 0) (then (local.get 1)) (else (local.get 0))))
(drop (if (result i32) (local.get 0) (then (local.get 1)) (else (local.get 0))))
(drop (if (result i32) (local.get 0) (then (local.get 1)) (else (local.get 0))))
(drop (if (result i32) (local.get 0) (then (local.get 1)) (else (local.get 0))))
(drop (if (result i32) (local.get 0) (then (local.get 1)) (else (local.get 0))))
(drop (if (result i32) (local.get 0) (then (local.get 1)) (else (local.get 0))))
(drop (if (result i32) (local.get 0) (then (local.get 1)) (else (local.get 0))))
(drop (if (result i32) (local.get 0) (then (local.get 1)) (else (local.get 0))))
(drop (if (result i32) (local.get 0) (then (local.get 1)) (else (local.get 0))))
(drop (if (result i32) (local.get 0) (then (local.get 1)) (else (local.get 0))))
(drop (if (result i32) (local.get 0) (then (local.get 1)) (else (local.get 0))))
(drop (if (result i32) (local.get 0) (then (local.get 1)) (else (local.get 0))))
(drop (if (result i32) (local.get 0) (then (local.get 1)) (else (local.get 0))))
(drop (if (result i32) (local.get 0) (then (local.get 1)) (else (local.get 0))))
(drop (if (result i32) (local.get 0) (then (local.get 1)) (else (local.get 0))))
(drop (if (result i32) (local.get 0) (then (local.get 1)) (else (local.get 0))))
(drop (if (result i32) (local.get 0) (then (local.get 1)) (else (local.get 0))))
(drop (if (result i32) (local.get 0) (then (local.get 1)) (else (local.get 0))))
(drop (if (result i32) (local.get 0) (then (local.get 1)) (else (local.get 0))))
(drop (if (result i32) (local.get 0) (then (local.get 1)) (else (local.get 0))))
(drop (if (result i32) (local.get 0) (then (local.get 1)) (else (local.get 0))))
(drop (if (result i32) (local.get 0) (then (local.get 1)) (else (local.get 0))))
(drop (if (result i32) (local.get 0) (then (local.get 1)) (else (local.get 0))))
(drop (if (result i32) (local.get 0) (then (local.get 1)) (else (local.get 0))))
(drop (if (result i32) (local.get 0) (then (local.get 1)) (else (local.get 0))))
(drop (if (result i32) (local.get 0) (then (local.get 1)) (else (local.get 0))))
(drop (if (result i32) (local.get 0) (then (local.get 1)) (else (local.get 0))))
(drop (if (result i32) (local.get 0) (then (local.get 1)) (else (local.get 0))))
(drop (if (result i32) (local.get 0) (then (local.get 1)) (else (local.get 0))))
(drop (if (result i32) (local.get 0) (then (local.get 1)) (else (local.get 0))))
(drop (if (result i32) (local.get 0) (then (local.get 1)) (else (local.get 0))))
(drop (if (result i32) (local.get 0) (then (local.get 1)) (else (local.get 0))))
(drop (if (result i32) (local.get 0) (then (local.get 1)) (else (local.get 0))))
(drop (if (result i32) (local.get 0) (then (local.get 1)) (else (local.get 0))))
(drop (if (result i32) (local.get 0) (then (local.get 1)) (else (local.get 0))))
(drop (if (result i32) (local.get 0) (then (local.get 1)) (else (local.get 0))))
(drop (if (result i32) (local.get 0) (then (local.get 1)) (else (local.get 0))))
(block (block (block (block (block (block (block (block))))))))
(block (block (block (block (block (block (block (block))))))))
(block (block (block (block (block (block (block (block))))))))
(block (block (block (block (block (block (block (block))))))))
(block (block (block (block (block (block (block (block))))))))
(block (block (block (block (block (block (block (block))))))))
(block (block (block (block (block (block (block (block))))))))
(block (block (block (block (block (block (block (block))))))))
(block (block (block (block (block (block (block (block))))))))
(block (block (block (block (block (block (block (block))))))))
(block (block (block (block (block (block (block (block))))))))
(block (block (block (block (block (block (block (block))))))))
(block (block (block (block (block (block (block (block))))))))
(block (block (block (block (block (block (block (block))))))))
(block (block (block (block (block (block (block (block))))))))
(block (block (block (block (block (block (block (block))))))))
(block (block (block (block (block (block (block (block))))))))
(block (block (block (block (block (block (block (block))))))))
(block (block (block (block (block (block (block (block))))))))
(block (block (block (block (block (block (block (block))))))))
(local.get 0))
