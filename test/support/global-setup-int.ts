import { ensureFreshBuild } from './fresh-build.js';
import { startGlobalServers } from './global-servers.js';

// Jest takes one function, and this is the way to give it one without a default export.
module.exports = async (): Promise<void> => {
  ensureFreshBuild();
  await startGlobalServers();
};
