// Writes recorded calls as a script for wabt's spectest-interp, whose
// interpreter is that of wasm-interp: the instrumented copies of the modules,
// and after each call what it gave and what its fuel counter has then.
//
// Usage: node to_spectest.js PAGE CASES FOLDER
// (as replay.js) writes FOLDER/script.json. Left out: cases of modules with
// imports that env.wasm in FOLDER does not have, cases in which the host wrote
// to the guest's memory, modules with tail calls (wabt 1.0.32 breaks its own
// stack there), and from a trap on the rest of a case, where wabt's
// answer to a trap of the host would be another.
'use strict';

const fs = require('fs');
const path = require('path');
const tool = require('./instrument.js');

const {EXTERNREF, F32, F64, FUEL_EXPORT, FUNCREF, I32, I64} = tool;
const KNOWN_IMPORTS = new Set(['env.mix', 'env.poke']);
const NAMES = {[I32]: 'i32', [I64]: 'i64', [F32]: 'i32', [F64]: 'i64',
               [FUNCREF]: 'funcref', [EXTERNREF]: 'externref'};

// Floats are passed as integers of the same bits.
function constant(type, bits) {
  const is_reference = type === FUNCREF || type === EXTERNREF;
  return {type: NAMES[type],
          value: is_reference && bits === '0' ? 'null' : bits};
}

// Whether a step is one that wabt can be asked about.
const isPlain = (step, type) =>
    step.host.every(({writes, trap}) => writes.length === 0 && trap === 0) &&
    !type.results.some((t) => t === FUNCREF);

function main([page, cases, folder]) {
  const prices = tool.readPrices(fs.readFileSync(page, 'utf8'));
  const commands = [
    {type: 'module', line: 0, name: '$env', filename: 'env.wasm'},
    {type: 'register', line: 0, name: '$env', as: 'env'},
  ];
  const copies = new Map();
  let line = 0, calls = 0;
  for (const text of fs.readFileSync(cases, 'utf8').trim().split('\n')) {
    const one = JSON.parse(text);
    ++line;
    if (!copies.has(one.module)) {
      const bytes = fs.readFileSync(path.join(folder, one.module));
      const module = tool.decode(bytes);
      const filename = `copy-${one.module}`;
      fs.writeFileSync(path.join(folder, filename),
                       tool.instrument(module, prices, one.most));
      const opcodes = tool.opcodesOf(module);
      const has_tail_calls =
          opcodes.has('return_call') || opcodes.has('return_call_indirect');
      copies.set(one.module, {module, filename, has_tail_calls});
    }
    const {module, filename, has_tail_calls} = copies.get(one.module);
    if (has_tail_calls) continue;
    const names = module.imports.map((i) => `${i.module}.${i.name}`);
    if (!names.every((name) => KNOWN_IMPORTS.has(name))) continue;
    commands.push({type: 'module', line, filename});
    let fuel = 0n;
    for (const step of one.steps) {
      const type = module.types[module.functions[step.function]];
      if (step.poke || !isPlain(step, type)) break;
      const action = {
        type: 'invoke', field: `f${step.function}`,
        args: step.args.map((bits, i) => constant(type.params[i], bits)),
      };
      const expected = type.results.map(
          (t, i) => constant(t, step.results[i] ?? '0'));
      commands.push(step.trap === 0 ?
          {type: 'assert_return', line, action, expected} :
          {type: 'assert_trap', line, action, text: '',
           expected: expected.map(({type: name}) => ({type: name}))});
      fuel += BigInt(step.fuel);
      commands.push({
        type: 'assert_return', line,
        action: {type: 'get', field: FUEL_EXPORT},
        expected: [{type: 'i64', value: BigInt.asUintN(64, fuel).toString()}],
      });
      ++calls;
    }
  }
  fs.writeFileSync(path.join(folder, 'script.json'),
                   JSON.stringify({source_filename: 'cases.json', commands}));
  console.log(`${calls} calls for spectest-interp`);
  process.exitCode = calls > 0 ? 0 : 1;
}

main(process.argv.slice(2));
