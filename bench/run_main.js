// A module's export `main` in V8, for bench/compare:
//   node bench/run_main.js MODULE
'use strict';
const fs = require('fs');

const module_ = new WebAssembly.Module(fs.readFileSync(process.argv[2]));
console.log(String(new WebAssembly.Instance(module_, {}).exports.main()));
