;; The host of generated modules (tests/differential/generator.h), as far as it
;; is a function of its arguments.
(module
  (func (export "mix") (param i32 i64) (result i64)
    (i64.add (i64.mul (local.get 1) (i64.const 31))
             (i64.extend_i32_u (local.get 0))))
  (func (export "poke") (param i32)))
