;; A contract that ends only when its fuel does.
(module
  (import "env" "memory" (memory 1 16))
  (func (export "deploy"))
  (func (export "call") (loop $l (br $l))))
