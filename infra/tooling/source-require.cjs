/** For a plain Node process that runs the sources without a build, as some tests start one: compiles a .ts file when it is required. */
const { readFileSync } = require('node:fs');
const Module = require('node:module');
const { transformSync } = require('@swc/core');
require('./ts-imports.cjs');

Module._extensions['.ts'] = (module, filename) => {
  const options = {
    jsc: { target: 'es2023', parser: { syntax: 'typescript' } },
    module: { type: 'commonjs' },
    sourceMaps: 'inline',
    filename,
  };
  module._compile(transformSync(readFileSync(filename, 'utf8'), options).code, filename);
};
