// Rewrites a module so that it meters itself: an exported i64 global counts the
// fuel of runs and of bulk instructions as metering/README.md states it. The
// prices are read from that page, and nothing of the engine is used: decoder,
// encoder and the analysis of runs are a third implementation of the rule, next
// to the engine's and the naive interpreter's.
//
// Floats get canonical NaNs after arithmetic, because the engine has them. All
// functions, globals, tables and the memory are exported; functions by way of
// wrappers that pass floats as integers of the same bits, because values that
// go through JavaScript lose the bits of NaNs. The start function is not
// started: whoever runs the copy calls it.
'use strict';

const I32 = 0x7f, I64 = 0x7e, F32 = 0x7d, F64 = 0x7c;
const FUNCREF = 0x70, EXTERNREF = 0x6f, EMPTY = 0x40;
const FUEL_EXPORT = 'fuel';

// Opcodes without immediates, from their first code on (spec 2.0, 5.4).
const CONTROL = {
  0x00: 'unreachable', 0x01: 'nop', 0x02: 'block', 0x03: 'loop', 0x04: 'if',
  0x05: 'else', 0x0b: 'end', 0x0c: 'br', 0x0d: 'br_if', 0x0e: 'br_table',
  0x0f: 'return', 0x10: 'call', 0x11: 'call_indirect', 0x12: 'return_call',
  0x13: 'return_call_indirect', 0x1a: 'drop', 0x1b: 'select', 0x1c: 'select',
  0x20: 'local.get', 0x21: 'local.set', 0x22: 'local.tee',
  0x23: 'global.get', 0x24: 'global.set', 0x25: 'table.get',
  0x26: 'table.set', 0x3f: 'memory.size', 0x40: 'memory.grow',
  0xd0: 'ref.null', 0xd1: 'ref.is_null', 0xd2: 'ref.func',
};
const ACCESSES = `i32.load i64.load f32.load f64.load i32.load8_s i32.load8_u
  i32.load16_s i32.load16_u i64.load8_s i64.load8_u i64.load16_s i64.load16_u
  i64.load32_s i64.load32_u i32.store i64.store f32.store f64.store i32.store8
  i32.store16 i64.store8 i64.store16 i64.store32`;
const CONSTANTS = 'i32.const i64.const f32.const f64.const';
const INTEGER_COMPARES = 'eqz eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u';
const FLOAT_COMPARES = 'eq ne lt gt le ge';
const INTEGER_OPERATIONS = `clz ctz popcnt add sub mul div_s div_u rem_s rem_u
  and or xor shl shr_s shr_u rotl rotr`;
const FLOAT_OPERATIONS = `abs neg ceil floor trunc nearest sqrt add sub mul div
  min max copysign`;
const CONVERSIONS = `i32.wrap_i64 i32.trunc_f32_s i32.trunc_f32_u
  i32.trunc_f64_s i32.trunc_f64_u i64.extend_i32_s i64.extend_i32_u
  i64.trunc_f32_s i64.trunc_f32_u i64.trunc_f64_s i64.trunc_f64_u
  f32.convert_i32_s f32.convert_i32_u f32.convert_i64_s f32.convert_i64_u
  f32.demote_f64 f64.convert_i32_s f64.convert_i32_u f64.convert_i64_s
  f64.convert_i64_u f64.promote_f32 i32.reinterpret_f32 i64.reinterpret_f64
  f32.reinterpret_i32 f64.reinterpret_i64 i32.extend8_s i32.extend16_s
  i64.extend8_s i64.extend16_s i64.extend32_s`;
const PREFIXED = `i32.trunc_sat_f32_s i32.trunc_sat_f32_u i32.trunc_sat_f64_s
  i32.trunc_sat_f64_u i64.trunc_sat_f32_s i64.trunc_sat_f32_u
  i64.trunc_sat_f64_s i64.trunc_sat_f64_u memory.init data.drop memory.copy
  memory.fill table.init elem.drop table.copy table.grow table.size table.fill`;

const words = (text) => text.trim().split(/\s+/);
const typed = (type, text) => words(text).map((name) => `${type}.${name}`);

// Names by code; a prefixed one is 0xfc00 + its number.
const NAMES = (() => {
  const names = new Map(
      Object.entries(CONTROL).map(([code, name]) => [Number(code), name]));
  const add = (first, list) => list.forEach((n, i) => names.set(first + i, n));
  add(0x28, words(ACCESSES));
  add(0x41, words(CONSTANTS));
  add(0x45, [
    ...typed('i32', INTEGER_COMPARES), ...typed('i64', INTEGER_COMPARES),
    ...typed('f32', FLOAT_COMPARES), ...typed('f64', FLOAT_COMPARES),
    ...typed('i32', INTEGER_OPERATIONS), ...typed('i64', INTEGER_OPERATIONS),
    ...typed('f32', FLOAT_OPERATIONS), ...typed('f64', FLOAT_OPERATIONS),
    ...words(CONVERSIONS),
  ]);
  add(0xfc00, words(PREFIXED));
  return names;
})();
const CODES = new Map([...NAMES].map(([code, name]) => [name, code]));

// Those whose NaNs the engine makes canonical, by what they give.
const CANONICAL = (() => {
  const result = new Map();
  const list = words(
      'ceil floor trunc nearest sqrt add sub mul div min max');
  for (const name of list) {
    result.set(CODES.get(`f32.${name}`), F32);
    result.set(CODES.get(`f64.${name}`), F64);
  }
  result.set(CODES.get('f32.demote_f64'), F32);
  result.set(CODES.get('f64.promote_f32'), F64);
  return result;
})();

// `a.{b,c}` is a.b and a.c.
function expand(pattern) {
  const match = /^(.*?)\{([^}]*)\}(.*)$/.exec(pattern);
  if (!match) return [pattern];
  return match[2].split(',').flatMap(
      (part) => expand(match[1] + part + match[3]));
}

// The tables of metering/README.md: prices by opcode name, and units.
function readPrices(page) {
  const price = new Map();
  const unit = new Map();
  for (const line of page.split('\n')) {
    const row = /^\| (\w+) \| (\d+) \| (.*) \|$/.exec(line);
    if (!row) continue;
    if (!/^[A-Z]/.test(row[1])) {
      unit.set(row[1], Number(row[2]));
      continue;
    }
    for (const pattern of row[3].match(/`[^`]+`/g)) {
      for (const name of expand(pattern.slice(1, -1))) {
        if (price.has(name)) throw new Error(`${name} has two prices`);
        price.set(name, Number(row[2]));
      }
    }
  }
  for (const name of NAMES.values()) {
    if (!price.has(name)) throw new Error(`${name} has no price`);
  }
  return {price, unit};
}

class Reader {
  constructor(bytes, pos = 0, end = bytes.length) {
    this.bytes = bytes;
    this.pos = pos;
    this.end = end;
  }
  get done() { return this.pos >= this.end; }
  u8() { return this.bytes[this.pos++]; }
  u32() {
    let value = 0;
    for (let shift = 0;; shift += 7) {
      const byte = this.u8();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  }
  skipLeb() { while (this.u8() >= 0x80) {} }
  // A small signed number, as block types are.
  s33() {
    let value = 0;
    for (let shift = 0;; shift += 7) {
      const byte = this.u8();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) {
        return byte & 0x40 ? value - 2 ** (shift + 7) : value;
      }
    }
  }
  name() {
    const size = this.u32();
    this.pos += size;
    return Buffer.from(this.bytes.subarray(this.pos - size, this.pos))
        .toString('latin1');
  }
  list(read) { return Array.from({length: this.u32()}, () => read(this)); }
}

class Writer {
  constructor() {
    this.buffer = Buffer.alloc(256);
    this.size = 0;
  }
  reserve(more) {
    if (this.size + more <= this.buffer.length) return;
    const larger = Buffer.alloc(2 * (this.size + more));
    this.buffer.copy(larger, 0, 0, this.size);
    this.buffer = larger;
  }
  u8(...bytes) {
    this.reserve(bytes.length);
    for (const byte of bytes) this.buffer[this.size++] = byte;
    return this;
  }
  u32(value) {
    while (value >= 0x80) {
      this.u8(value % 0x80 | 0x80);
      value = Math.floor(value / 0x80);
    }
    return this.u8(value);
  }
  // A number of at most 53 bits that is not negative, as signed LEB128.
  s64(value) {
    while (value >= 0x40) {
      this.u8(value % 0x80 | 0x80);
      value = Math.floor(value / 0x80);
    }
    return this.u8(value);
  }
  raw(bytes) {
    this.reserve(bytes.length);
    this.buffer.set(bytes, this.size);
    this.size += bytes.length;
    return this;
  }
  name(text) {
    const bytes = Buffer.from(text, 'latin1');
    return this.u32(bytes.length).raw(bytes);
  }
  sized(writer) { return this.u32(writer.size).raw(writer.bytes()); }
  bytes() { return this.buffer.subarray(0, this.size); }
}

function readLimits(reader) {
  const has_max = reader.u8() & 1;
  const min = reader.u32();
  return {min, max: has_max ? reader.u32() : undefined};
}

// What the rewriter and whoever runs the copy have to know of a module.
function decode(bytes) {
  const module = {
    bytes, sections: [], types: [], imports: [], functions: [], tables: [],
    memories: [], globals: [], bodies: [], start: undefined,
    imported_functions: 0,
  };
  const readType = (r) => {
    r.u8();
    return {params: r.list((x) => x.u8()), results: r.list((x) => x.u8())};
  };
  const readTable = (r) => ({element: r.u8(), limits: readLimits(r)});
  const readGlobalType = (r) => ({type: r.u8(), mutable: r.u8() === 1});
  const readImport = (r) => {
    const item = {module: r.name(), name: r.name(), kind: r.u8()};
    if (item.kind === 0) {
      module.functions.push(item.type = r.u32());
      ++module.imported_functions;
    } else if (item.kind === 1) {
      module.tables.push(item.table = readTable(r));
    } else if (item.kind === 2) {
      module.memories.push(item.limits = readLimits(r));
    } else {
      module.globals.push(item.global = readGlobalType(r));
    }
    module.imports.push(item);
  };
  const outer = new Reader(bytes, 8);
  while (!outer.done) {
    const id = outer.u8();
    const size = outer.u32();
    const r = new Reader(bytes, outer.pos, outer.pos + size);
    outer.pos += size;
    if (id === 0) continue;
    const section = {id, begin: r.pos, end: r.end};
    module.sections.push(section);
    if (id === 1) module.types = r.list(readType);
    if (id === 2) r.list(readImport);
    if (id === 3) module.functions.push(...r.list((x) => x.u32()));
    if (id === 4) module.tables.push(...r.list(readTable));
    if (id === 5) module.memories.push(...r.list(readLimits));
    if (id === 6) {
      section.count = r.u32();
      section.items = r.pos;
      for (let i = 0; i < section.count; ++i) {
        module.globals.push(readGlobalType(r));
        skipExpression(r);
      }
    }
    if (id === 8) module.start = r.u32();
    if (id === 10) {
      module.bodies = r.list((x) => {
        const body_size = x.u32();
        x.pos += body_size;
        return {begin: x.pos - body_size, end: x.pos};
      });
    }
  }
  return module;
}

function skipExpression(reader) {
  for (;;) {
    const instruction = readInstruction(reader);
    if (NAMES.get(instruction.op) === 'end') return;
  }
}

// op, and where it has them: index (the first one), labels.
function readInstruction(r) {
  const begin = r.pos;
  let op = r.u8();
  const instruction = {op, begin, end: 0, index: 0, labels: undefined};
  if (op === 0xfc) {
    op = instruction.op = 0xfc00 + r.u32();
    const count = [2, 1, 2, 1, 2, 1, 2, 1, 1, 1][op - 0xfc08] || 0;
    for (let i = 0; i < count; ++i) {
      const index = r.u32();
      if (i === 0) instruction.index = index;
    }
  } else if (op >= 0x02 && op <= 0x04) {
    instruction.index = r.s33();
  } else if (op === 0x0c || op === 0x0d || op === 0x10 || op === 0x12 ||
             (op >= 0x20 && op <= 0x26) || op === 0xd2 ||
             op === 0x3f || op === 0x40 || op === 0xd0) {
    instruction.index = r.u32();
  } else if (op === 0x0e) {
    instruction.labels = r.list((x) => x.u32());
    instruction.labels.push(r.u32());
  } else if (op === 0x11 || op === 0x13 || (op >= 0x28 && op <= 0x3e)) {
    instruction.index = r.u32();
    r.u32();
  } else if (op === 0x1c) {
    r.list((x) => x.u8());
  } else if (op === 0x41 || op === 0x42) {
    r.skipLeb();
  } else if (op === 0x43) {
    r.pos += 4;
  } else if (op === 0x44) {
    r.pos += 8;
  } else if (!NAMES.has(op)) {
    throw new Error(`unknown opcode 0x${op.toString(16)} at ${begin}`);
  }
  instruction.end = r.pos;
  return instruction;
}

const TRANSFERS = new Set([
  'br', 'br_if', 'br_table', 'if', 'return', 'return_call',
  'return_call_indirect', 'unreachable', 'else',
].map((name) => CODES.get(name)));
const ELSE = CODES.get('else'), END = CODES.get('end'), IF = CODES.get('if');
const LOOP = CODES.get('loop'), BLOCK = CODES.get('block');
const BR = CODES.get('br'), BR_IF = CODES.get('br_if');
const BR_TABLE = CODES.get('br_table');
const BULK = new Set(['memory.copy', 'memory.fill', 'memory.init'].map(
    (name) => CODES.get(name)));
const TABLE_BULK = new Set(['table.copy', 'table.fill', 'table.init'].map(
    (name) => CODES.get(name)));
const MEMORY_GROW = CODES.get('memory.grow');
const TABLE_GROW = CODES.get('table.grow');

// One function body.
class Body {
  constructor(module, index, prices, fuel_global) {
    this.module = module;
    this.prices = prices;
    this.fuel_global = fuel_global;
    const type = module.types[module.functions[index]];
    const {begin, end} = module.bodies[index - module.imported_functions];
    const r = new Reader(module.bytes, begin, end);
    this.local_groups = r.list((x) => [x.u32(), x.u8()]);
    this.locals = this.local_groups.reduce((n, group) => n + group[0], 0);
    const first = type.params.length + this.locals;
    this.operand = first;     // i32: a condition, an index or a count
    this.answer = first + 1;  // i32
    this.f32 = first + 2;
    this.f64 = first + 3;
    this.code = [];
    while (!r.done) this.code.push(readInstruction(r));
    this.match();
    this.cost();
    this.out = new Writer();
  }

  // For each block its end, and for an if its else.
  match() {
    const open = [];
    this.end_of = new Map();
    this.else_of = new Map();
    this.code.forEach(({op}, i) => {
      if (op === BLOCK || op === LOOP || op === IF) open.push(i);
      if (op === ELSE) this.else_of.set(open[open.length - 1], i);
      // The last one is the function's own.
      if (op === END && open.length > 0) this.end_of.set(open.pop(), i);
    });
  }

  // cost_from[i]: of the run that begins at i.
  cost() {
    const count = this.code.length;
    this.cost_from = new Array(count + 1).fill(0);
    for (let i = count - 1; i >= 0; --i) {
      const goes_on = !TRANSFERS.has(this.code[i].op) && i !== count - 1;
      this.cost_from[i] = this.price(this.code[i]) +
          (goes_on ? this.cost_from[i + 1] : 0);
    }
  }

  price(instruction) {
    const name = NAMES.get(instruction.op);
    const {price, unit} = this.prices;
    const {types, functions} = this.module;
    let type;
    if (name === 'call' || name === 'return_call') {
      type = types[functions[instruction.index]];
    } else if (name.endsWith('call_indirect')) {
      type = types[instruction.index];
    }
    let fuel = price.get(name);
    if (type) fuel += type.params.length * unit.get('call_parameter');
    if (instruction.labels) {
      fuel += Math.ceil(instruction.labels.length /
                        unit.get('branch_table_targets_per_fuel'));
    }
    return fuel;
  }

  // fuel += what `push` pushes, an i64.
  addFuel(push) {
    this.out.u8(0x23).u32(this.fuel_global);
    push();
    this.out.u8(0x7c, 0x24).u32(this.fuel_global);
  }
  constant(value) { this.out.u8(0x42).s64(value); }
  get(local) { this.out.u8(0x20).u32(local); }
  set(local) { this.out.u8(0x21).u32(local); }
  charge(fuel) {
    if (fuel !== 0) this.addFuel(() => this.constant(fuel));
  }
  // One of two prices, by the condition on the stack, which stays there.
  chargeEither(if_true, if_false) {
    if (if_true === if_false) return this.charge(if_true);
    this.set(this.operand);
    this.addFuel(() => {
      this.constant(if_true);
      this.constant(if_false);
      this.get(this.operand);
      this.out.u8(0x1b);
    });
    this.get(this.operand);
  }

  // Of an edge to the label, counted from the innermost.
  edge(labels, depth) {
    if (depth === labels.length) return 0;  // the body's own: a return
    const block = labels[labels.length - 1 - depth];
    const target =
        this.code[block].op === LOOP ? block : this.end_of.get(block);
    return this.cost_from[target + 1];
  }

  instrument() {
    const {out} = this;
    out.u32(this.local_groups.length + 3);
    for (const [count, type] of this.local_groups) out.u32(count).u8(type);
    out.u8(2, I32, 1, F32, 1, F64);
    const per_fuel = this.prices.unit.get('locals_per_fuel');
    this.charge(this.cost_from[0] + Math.ceil(this.locals / per_fuel));
    const labels = [];
    this.code.forEach((instruction, i) => this.emit(instruction, i, labels));
    return out;
  }

  emit(instruction, i, labels) {
    const {op} = instruction;
    const copy = () => this.out.raw(
        this.module.bytes.subarray(instruction.begin, instruction.end));
    if (op === IF) {
      const without = this.else_of.get(i) ?? this.end_of.get(i);
      this.chargeEither(this.cost_from[i + 1], this.cost_from[without + 1]);
    } else if (op === ELSE) {
      const block = labels[labels.length - 1];
      this.charge(this.cost_from[this.end_of.get(block) + 1]);
    } else if (op === BR) {
      this.charge(this.edge(labels, instruction.index));
    } else if (op === BR_IF) {
      this.chargeEither(
          this.edge(labels, instruction.index), this.cost_from[i + 1]);
    } else if (op === BR_TABLE) {
      this.chargeTable(instruction.labels.map((l) => this.edge(labels, l)));
    } else if (BULK.has(op)) {
      return this.emitBulk(copy, 'bulk_bytes_per_fuel');
    } else if (TABLE_BULK.has(op)) {
      return this.emitBulk(copy, 'table_elements_per_fuel');
    } else if (op === MEMORY_GROW || op === TABLE_GROW) {
      return this.emitGrow(copy, op);
    }
    if (op === BLOCK || op === LOOP || op === IF) labels.push(i);
    if (op === END) labels.pop();
    copy();
    if (CANONICAL.has(op)) this.canonicalise(CANONICAL.get(op));
  }

  chargeTable(fuels) {
    const last = fuels.pop();
    if (fuels.every((fuel) => fuel === last)) return this.charge(last);
    this.set(this.operand);
    this.addFuel(() => {
      this.constant(last);
      fuels.forEach((fuel, i) => {
        if (fuel === last) return;
        this.constant(fuel);
        this.get(this.operand);
        this.out.u8(0x41).s64(i);
        this.out.u8(0x47, 0x1b);  // i32.ne: what was there before
      });
    });
    this.get(this.operand);
  }

  // ceil(operand / unit), as i64.
  pushQuotient(unit) {
    this.get(this.operand);
    this.out.u8(0xad);
    this.constant(unit - 1);
    this.out.u8(0x7c);
    this.constant(unit);
    this.out.u8(0x80);
  }

  // The count is on top. Where the instruction traps it has charged nothing.
  emitBulk(copy, unit) {
    this.out.u8(0x22).u32(this.operand);
    copy();
    this.addFuel(() => this.pushQuotient(this.prices.unit.get(unit)));
  }

  // Nothing is charged where the answer is -1.
  emitGrow(copy, op) {
    this.out.u8(0x22).u32(this.operand);
    copy();
    this.set(this.answer);
    this.addFuel(() => {
      if (op === TABLE_GROW) {
        this.pushQuotient(this.prices.unit.get('table_elements_per_fuel'));
      } else {
        this.get(this.operand);
        this.out.u8(0xad);
        this.constant(this.prices.unit.get('memory_grow_page'));
        this.out.u8(0x7e);
      }
      this.constant(0);
      this.get(this.answer);
      this.out.u8(0x41, 0x7f, 0x47, 0x1b);
    });
    this.get(this.answer);
  }

  canonicalise(type) {
    const local = type === F32 ? this.f32 : this.f64;
    this.set(local);
    this.get(local);
    if (type === F32) {
      this.out.u8(0x43, 0, 0, 0xc0, 0x7f);
    } else {
      this.out.u8(0x44, 0, 0, 0, 0, 0, 0, 0xf8, 0x7f);
    }
    this.get(local);
    this.get(local);
    this.out.u8(type === F32 ? 0x5b : 0x61, 0x1b);
  }
}

const bitsType = (type) => type === F32 ? I32 : type === F64 ? I64 : type;

// A function that takes and gives floats as integers.
function wrapperBody(index, type) {
  const out = new Writer();
  const {params, results} = type;
  out.u32(results.length);
  results.forEach((result) => out.u32(1).u8(result));
  params.forEach((param, i) => {
    out.u8(0x20).u32(i);
    if (param === F32) out.u8(0xbe);
    if (param === F64) out.u8(0xbf);
  });
  out.u8(0x10).u32(index);
  for (let i = results.length - 1; i >= 0; --i) {
    out.u8(0x21).u32(params.length + i);
  }
  results.forEach((result, i) => {
    out.u8(0x20).u32(params.length + i);
    if (result === F32) out.u8(0xbc);
    if (result === F64) out.u8(0xbd);
  });
  return out.u8(0x0b);
}

function vector(items, write) {
  const out = new Writer().u32(items.length);
  items.forEach((item) => write(out, item));
  return out;
}

// The instrumented copy. Exports: `fuel`; memory `m`; globals `gN`; tables
// `tN`; functions `rN`, and `fN` with floats as integers.
// Own memories and tables get the engine's maxima, where theirs are larger:
// `most` has pages_max and elements_max.
function instrument(module, prices, most) {
  const fuel_global = module.globals.length;
  const function_count = module.functions.length;
  const payload = new Map();
  for (const {id, begin, end} of module.sections) {
    payload.set(id, module.bytes.subarray(begin, end));
  }
  const types = module.functions.map((index) => module.types[index]);
  payload.set(1, vector([
    ...module.types,
    ...types.map(({params, results}) => ({
      params: params.map(bitsType), results: results.map(bitsType)})),
  ], (out, {params, results}) => {
    out.u8(0x60).u32(params.length).raw(params);
    out.u32(results.length).raw(results);
  }).bytes());
  payload.set(3, vector([
    ...module.functions.slice(module.imported_functions),
    ...types.map((_, i) => module.types.length + i),
  ], (out, index) => out.u32(index)).bytes());
  const own = (items, wanted) => items.slice(
      module.imports.filter(({kind}) => kind === wanted).length);
  const writeLimits = (out, {min, max}, highest) =>
      out.u8(1).u32(min).u32(Math.min(max ?? highest, highest));
  if (payload.has(4)) {
    payload.set(4, vector(own(module.tables, 1), (out, {element, limits}) => {
      writeLimits(out.u8(element), limits, most.elements_max);
    }).bytes());
  }
  if (payload.has(5)) {
    payload.set(5, vector(own(module.memories, 2), (out, limits) => {
      writeLimits(out, limits, most.pages_max);
    }).bytes());
  }
  payload.set(6, globalSection(module));
  payload.set(7, exportSection(module, function_count, fuel_global));
  payload.delete(8);
  const bodies = module.bodies.map(
      (_, i) => new Body(module, module.imported_functions + i, prices,
                         fuel_global).instrument());
  types.forEach((type, i) => bodies.push(wrapperBody(i, type)));
  payload.set(10, vector(bodies, (out, body) => out.sized(body)).bytes());

  const out = new Writer().raw(module.bytes.subarray(0, 8));
  for (const id of [1, 2, 3, 4, 5, 6, 7, 9, 12, 10, 11]) {
    if (!payload.has(id)) continue;
    out.u8(id).u32(payload.get(id).length).raw(payload.get(id));
  }
  return out.bytes();
}

function globalSection(module) {
  const section = module.sections.find(({id}) => id === 6);
  const out = new Writer().u32((section?.count ?? 0) + 1);
  if (section) out.raw(module.bytes.subarray(section.items, section.end));
  return out.u8(I64, 1, 0x42, 0, 0x0b).bytes();
}

function exportSection(module, function_count, fuel_global) {
  const exports = [[FUEL_EXPORT, 3, fuel_global]];
  for (let i = 0; i < function_count; ++i) {
    exports.push([`r${i}`, 0, i], [`f${i}`, 0, function_count + i]);
  }
  module.tables.forEach((_, i) => exports.push([`t${i}`, 1, i]));
  if (module.memories.length > 0) exports.push(['m', 2, 0]);
  module.globals.forEach((_, i) => exports.push([`g${i}`, 3, i]));
  return vector(exports, (out, [name, kind, index]) => {
    out.name(name).u8(kind).u32(index);
  }).bytes();
}

// Names of all opcodes in the module's bodies.
function opcodesOf(module) {
  const names = new Set();
  for (const {begin, end} of module.bodies) {
    const r = new Reader(module.bytes, begin, end);
    r.list((x) => [x.u32(), x.u8()]);
    while (!r.done) names.add(NAMES.get(readInstruction(r).op));
  }
  return names;
}

module.exports = {
  EXTERNREF, F32, F64, FUEL_EXPORT, FUNCREF, I32, I64, decode, instrument,
  opcodesOf, readPrices,
};
