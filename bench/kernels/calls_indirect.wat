;; Calls one after the other of a table's three functions, n times.
(module
  (type $unary (func (param i64) (result i64)))
  (table funcref (elem $double $square $negate))
  (func $double (type $unary)
    local.get 0
    i64.const 1
    i64.shl)
  (func $square (type $unary)
    local.get 0
    local.get 0
    i64.mul)
  (func $negate (type $unary)
    i64.const 1234567
    local.get 0
    i64.sub)
  (func $run (export "run") (param i32) (result i64)
    (local i64)
    i64.const 3
    local.set 1
    loop
      local.get 1
      local.get 0
      i32.const 3
      i32.rem_u
      call_indirect (type $unary)
      local.set 1
      local.get 0
      i32.const 1
      i32.sub
      local.tee 0
      br_if 0
    end
    local.get 1))
