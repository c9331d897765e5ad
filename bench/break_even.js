// For bench/break_even: the calls of a folder (bench/break_even_calls.cc), made
// in V8. Host functions give the recorded answers, checked by nothing but the
// order of the functions; each call's memory is compared once.
//
//   node break_even.js TOOLS FOLDER cold|cached|count SECONDS [PAGE]
//
// TOOLS is tests/instrument, PAGE metering/README.md, whose names of opcodes
// `count` uses. Prints a line of JSON for each case: `count`, the instructions
// that were executed, all but those that only structure code; `cold`, the least
// seconds of compile, instantiate, call, and all of them; `cached`, likewise
// without compile. Each round is a new instance with a new memory. For `cached`
// run node with --no-liftoff: then code is
// optimised when it is first needed, long before the rounds that count.
'use strict';

const fs = require('fs');
const path = require('path');

const [tools, folder, mode, seconds_text, page] = process.argv.slice(2);
const seconds = Number(seconds_text);
const tool = require(path.resolve(tools, 'instrument.js'));
const crypto = require('crypto');

const STRUCTURE = new Set(['nop', 'block', 'loop', 'else', 'end']);
const BULK = /^(memory|table)\.(copy|fill|init)$/;
const ROUNDS_MIN = 5;
const WARM_ROUNDS = 30;
const ROUNDS_BETWEEN_COLLECTIONS = 64;
const HOST_TRAP = new Error('the host ends the call');
Error.stackTraceLimit = 0;

// One for every instruction. What depends on an operand adds a part that is
// rounded up to 1, so those that have such a part are counted by it.
function countingPrices() {
  const names = tool.readPrices(fs.readFileSync(page, 'utf8')).price.keys();
  const price = new Map();
  for (const name of names) {
    price.set(name, STRUCTURE.has(name) || BULK.test(name) ? 0 : 1);
  }
  const unit = {get(name) {
    if (name === 'call_parameter' || name === 'memory_grow_page') return 0;
    return /^(locals|branch_table)/.test(name) ? Infinity : 2 ** 40;
  }};
  return {price, unit};
}

const fromBits = (type, bits) => type === tool.I64 ?
    BigInt.asIntN(64, BigInt(bits)) : Number(BigInt.asIntN(32, BigInt(bits)));

// One case: its module, its imports, and the answers that its host gives.
class Case {
  constructor(row) {
    this.name = row.name;
    this.step = row.steps[0];
    this.most = row.most;
    this.bytes = fs.readFileSync(path.join(folder, row.module));
    this.module = tool.decode(this.bytes);
    const type = this.module.types[this.module.functions[this.step.function]];
    this.args = this.step.args.map((bits, i) => fromBits(type.params[i], bits));
    this.imports = {};
    const items = new Map();
    for (const item of this.module.imports) {
      const group = this.imports[item.module] ??= {};
      if (item.kind === 2) {
        this.memory_of = {group, item};
      } else {
        const name = `${item.module}.${item.name}`;
        items.set(name, item);
        group[item.name] = this.hostFunction(item);
      }
    }
    this.answers = this.step.host.map((record) => {
      const item = items.get(record.name);
      const {results} = this.module.types[item.type];
      return {
        item, trap: record.trap,
        writes: record.writes.map(
            ([address, hex]) => ({address, bytes: Buffer.from(hex, 'hex')})),
        value: results.length ? fromBits(results[0], record.results[0]) :
                                undefined,
      };
    });
  }

  hostFunction(item) {
    return () => {
      const answer = this.answers[this.next++];
      if (answer === undefined || answer.item !== item) {
        throw new Error(`calls ${item.name}, which was not recorded`);
      }
      for (const {address, bytes} of answer.writes) {
        new Uint8Array(this.memory.buffer, address, bytes.length).set(bytes);
      }
      if (answer.trap !== 0) throw HOST_TRAP;
      return answer.value;
    };
  }

  instantiate(compiled) {
    if (this.memory_of) {
      const {group, item} = this.memory_of;
      this.memory = group[item.name] = new WebAssembly.Memory(
          {initial: item.limits.min, maximum: item.limits.max});
    }
    const {exports} = this.instance =
        new WebAssembly.Instance(compiled, this.imports);
    if (!this.memory_of) {
      this.memory = Object.values(exports).find(
          (e) => e instanceof WebAssembly.Memory);
    }
    this.next = 0;
  }

  call(entry) {
    this.next = 0;
    try {
      entry(...this.args);
    } catch (error) {
      if (error !== HOST_TRAP && this.step.trap === 0) throw error;
    }
  }

  // An exported function's name is its index.
  entry() {
    const name = String(this.step.function);
    return Object.values(this.instance.exports).find(
        (e) => typeof e === 'function' && e.name === name);
  }

  expectSameMemory() {
    if (this.next !== this.answers.length) {
      throw new Error(`${this.name}: ${this.next} host calls, recorded were ` +
                      this.answers.length);
    }
    if (!this.memory) return;
    const memory = Buffer.from(this.memory.buffer);
    const digest = crypto.createHash('sha256').update(memory).digest('hex');
    if (digest !== this.step.view.memory) {
      throw new Error(`${this.name}: another memory`);
    }
  }
}

function rounds(work, keys) {
  const least = Object.fromEntries(keys.map((key) => [key, Infinity]));
  for (let n = 0, sum = 0; n < ROUNDS_MIN || sum < seconds; ++n) {
    const times = work(n);
    for (const key of keys) least[key] = Math.min(least[key], times[key]);
    sum += times.all;
    if (n % ROUNDS_BETWEEN_COLLECTIONS === 0) global.gc?.();
  }
  return least;
}

const now = () => performance.now() * 1e-3;

// V8 knows bytes that it has compiled: a custom section makes them others.
function otherBytes(bytes, n) {
  const section = Buffer.from([0, 6, 1, 0x6e, 0, 0, 0, 0]);
  section.writeUInt32LE(n, 4);
  return Buffer.concat([bytes, section]);
}

function cold(one) {
  return rounds((n) => {
    const bytes = otherBytes(one.bytes, n);
    const t0 = now();
    const compiled = new WebAssembly.Module(bytes);
    const t1 = now();
    one.instantiate(compiled);
    const t2 = now();
    one.call(one.entry());
    const t3 = now();
    one.expectSameMemory();
    return {compile: t1 - t0, instantiate: t2 - t1, call: t3 - t2,
            all: t3 - t0};
  }, ['compile', 'instantiate', 'call', 'all']);
}

function cached(one) {
  const compiled = new WebAssembly.Module(one.bytes);
  const round = (n) => {
    const t1 = now();
    one.instantiate(compiled);
    const t2 = now();
    one.call(one.entry());
    const t3 = now();
    if (n === 0) one.expectSameMemory();
    return {instantiate: t2 - t1, call: t3 - t2, all: t3 - t1};
  };
  for (let n = 0; n < WARM_ROUNDS; ++n) round(n);
  return rounds(round, ['instantiate', 'call', 'all']);
}

function count(one) {
  const copy = tool.instrument(one.module, countingPrices(), one.most);
  one.instantiate(new WebAssembly.Module(copy));
  const {exports} = one.instance;
  one.memory ??= exports.m;
  one.call(exports[`f${one.step.function}`]);
  one.expectSameMemory();
  return {instructions: Number(exports[tool.FUEL_EXPORT].value)};
}

const lines = fs.readFileSync(path.join(folder, 'cases.json'), 'utf8');
for (const line of lines.trim().split('\n')) {
  const one = new Case(JSON.parse(line));
  const row = {cold, cached, count}[mode](one);
  console.log(JSON.stringify({name: one.name, ...row}));
}
