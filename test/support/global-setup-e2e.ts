import { ensureFreshBuild } from './fresh-build.js';

// Jest takes one function, and this is the way to give it one without a default export.
module.exports = ensureFreshBuild;
