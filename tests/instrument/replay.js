// Does recorded calls again in V8, with instrumented copies of their modules,
// and compares: how each call ended, its results, the fuel of its own code,
// and afterwards the memory, globals and tables.
//
// Usage: node replay.js PAGE CASES FOLDER
//   PAGE   metering/README.md
//   CASES  a file of JSON lines, one case each (recorder.h has the format)
//   FOLDER where the modules of the cases lie
'use strict';

const crypto = require('crypto');
const fs = require('fs');
const path = require('path');
const readline = require('readline');
const tool = require('./instrument.js');

const {EXTERNREF, F32, F64, FUEL_EXPORT, FUNCREF, I32, I64} = tool;

class HostTrap extends Error {}
class Unlike extends Error {}

const scratch = new DataView(new ArrayBuffer(8));

// Values as JavaScript has them from the bits that the cases have.
function toJs(type, bits) {
  if (type === I32) return Number(BigInt.asIntN(32, bits));
  if (type === I64) return BigInt.asIntN(64, bits);
  if (type === FUNCREF || type === EXTERNREF) {
    return bits === 0n ? null : Number(bits);
  }
  scratch.setBigUint64(0, bits, true);
  return type === F32 ? scratch.getFloat32(0, true) :
                        scratch.getFloat64(0, true);
}

function toBits(type, value, functions) {
  if (type === I32) return BigInt(value >>> 0);
  if (type === I64) return BigInt.asUintN(64, value);
  if (type === EXTERNREF) return value === null ? 0n : BigInt(value);
  if (type === FUNCREF) return value === null ? 0n : functions.get(value);
  scratch.setBigUint64(0, 0n, true);
  if (type === F32) scratch.setFloat32(0, value, true);
  else scratch.setFloat64(0, value, true);
  return scratch.getBigUint64(0, true);
}

const isFloat = (type) => type === F32 || type === F64;

// Numbers of interp/trap.def by what V8 says; it does not tell some apart.
const TRAPS = [
  [/^unreachable/, [1]],
  [/(divide|remainder) by zero/, [2]],
  [/divide result unrepresentable/, [3]],
  [/float unrepresentable/, [3, 4]],
  [/memory access out of bounds/, [5]],
  [/null function|signature mismatch|null reference/, [8, 9]],
  [/table|element/, [6, 7]],
];

function trapsOf(error) {
  if (error instanceof HostTrap) return [Number(error.message)];
  if (!(error instanceof WebAssembly.RuntimeError)) throw error;
  const row = TRAPS.find(([pattern]) => pattern.test(error.message));
  if (!row) throw new Unlike(`unknown trap: ${error.message}`);
  return row[1];
}

// Makes the instance of one case and does its steps.
class Replay {
  constructor(module, compiled) {
    this.module = module;
    this.records = [];
    this.instance = new WebAssembly.Instance(compiled, this.imports());
    this.exports = this.instance.exports;
    this.functions = new Map();
    for (let i = module.functions.length - 1; i >= 0; --i) {
      this.functions.set(this.exports[`r${i}`], BigInt(i) + 1n);
    }
  }

  imports() {
    const all = {};
    for (const item of this.module.imports) {
      const group = all[item.module] ??= {};
      if (item.kind === 0) {
        group[item.name] ??= this.hostFunction(item);
      } else if (item.kind === 1) {
        group[item.name] = new WebAssembly.Table({
          element: item.table.element === FUNCREF ? 'anyfunc' : 'externref',
          initial: item.table.limits.min, maximum: item.table.limits.max});
      } else if (item.kind === 2) {
        group[item.name] = new WebAssembly.Memory(
            {initial: item.limits.min, maximum: item.limits.max});
      } else {
        const {type, mutable} = item.global;
        const value = {[I32]: 'i32', [I64]: 'i64', [F32]: 'f32', [F64]: 'f64',
                       [FUNCREF]: 'anyfunc', [EXTERNREF]: 'externref'}[type];
        group[item.name] = new WebAssembly.Global(
            {value, mutable}, toJs(type, 0n));
      }
    }
    return all;
  }

  hostFunction(item) {
    const {params, results} = this.module.types[item.type];
    return (...args) => {
      const record = this.records.shift();
      const name = `${item.module}.${item.name}`;
      if (!record || record.name !== name) {
        throw new Unlike(`calls ${name}, recorded was ${record?.name}`);
      }
      args.forEach((arg, i) => {
        const bits = toBits(params[i], arg, this.functions);
        const is_nan = isFloat(params[i]) && Number.isNaN(arg);
        if (!is_nan && bits !== BigInt(record.args[i])) {
          throw new Unlike(`${name}: argument ${i} is ${bits}, recorded was ` +
                           record.args[i]);
        }
      });
      for (const [address, hex] of record.writes) {
        Buffer.from(this.exports.m.buffer).write(hex, address, 'hex');
      }
      if (record.trap !== 0) throw new HostTrap(record.trap);
      const values = record.results.map(
          (bits, i) => toJs(results[i], BigInt(bits)));
      return values.length > 1 ? values : values[0];
    };
  }

  do(step) {
    if (step.poke) {
      const [address, hex] = step.poke;
      Buffer.from(this.exports.m.buffer).write(hex, address, 'hex');
      return 0n;
    }
    return this.call(step);
  }

  call(step) {
    const type = this.module.types[this.module.functions[step.function]];
    // Wrappers take floats as integers.
    const carried = (t) => t === F32 ? I32 : t === F64 ? I64 : t;
    const args = step.args.map(
        (bits, i) => toJs(carried(type.params[i]), BigInt(bits)));
    this.records = step.host;
    const before = this.exports[FUEL_EXPORT].value;
    let answer;
    let traps;
    try {
      answer = this.exports[`f${step.function}`](...args);
    } catch (error) {
      traps = trapsOf(error);
    }
    if (traps === undefined) {
      const values = type.results.length > 1 ? [...answer] :
          type.results.length === 1 ? [answer] : [];
      const bits = values.map(
          (value, i) => toBits(carried(type.results[i]), value,
                               this.functions));
      this.expect('results', bits.join(), step.results?.join());
    } else if (!traps.includes(step.trap)) {
      throw new Unlike(`traps ${traps}, expected ${step.trap}`);
    }
    this.expect('host calls that were not made', this.records.length, 0);
    const fuel = BigInt.asUintN(64, this.exports[FUEL_EXPORT].value - before);
    this.expect('fuel', fuel, BigInt(step.fuel));
    this.compareState(step.view);
    return fuel;
  }

  compareState(view) {
    if (this.exports.m) {
      const memory = Buffer.from(this.exports.m.buffer);
      this.expect('memory size', memory.length, view.memory_size);
      const digest = crypto.createHash('sha256').update(memory).digest('hex');
      this.expect('memory', digest, view.memory);
    }
    view.globals?.forEach((expected, i) => {
      const {type} = this.module.globals[i];
      const value = this.exports[`g${i}`].value;
      if (isFloat(type) && Number.isNaN(value)) return;
      this.expect(`global ${i}`, toBits(type, value, this.functions),
                  BigInt(expected));
    });
    view.tables?.forEach((expected, i) => {
      const table = this.exports[`t${i}`];
      const {element} = this.module.tables[i];
      const values = Array.from(
          {length: table.length},
          (_, k) => toBits(element, table.get(k), this.functions));
      this.expect(`table ${i}`, values.join(), expected.join());
    });
  }

  expect(what, actual, expected) {
    if (actual !== expected) {
      throw new Unlike(`${what}: ${actual}, the engine has ${expected}`);
    }
  }
}

const FAILURES_MAX = 10;

async function main([page, cases, folder]) {
  const prices = tool.readPrices(fs.readFileSync(page, 'utf8'));
  const modules = new Map();
  const load = ({module: name, most}) => {
    if (!modules.has(name)) {
      modules.clear();  // a module's cases follow each other
      const bytes = fs.readFileSync(path.join(folder, name));
      const module = tool.decode(bytes);
      const copy = tool.instrument(module, prices, most);
      modules.set(name, {module, compiled: new WebAssembly.Module(copy)});
    }
    return modules.get(name);
  };
  let calls = 0, failures = 0, fuel = 0n;
  const lines = readline.createInterface(
      {input: fs.createReadStream(cases), crlfDelay: Infinity});
  for await (const line of lines) {
    const one = JSON.parse(line);
    let where = one.name;
    try {
      const {module, compiled} = load(one);
      const replay = new Replay(module, compiled);
      for (const step of one.steps) {
        where = `${one.name}, function ${step.function}`;
        fuel += replay.do(step);
        ++calls;
      }
    } catch (error) {
      if (++failures > FAILURES_MAX) break;
      console.log(`${where}: ${error instanceof Unlike ? error.message :
                                                         error.stack}`);
    }
  }
  console.log(`V8 ${process.versions.v8}: ${calls} steps, ${fuel} fuel, ` +
              `${failures} failures`);
  process.exitCode = failures === 0 && calls > 0 ? 0 : 1;
}

main(process.argv.slice(2));
