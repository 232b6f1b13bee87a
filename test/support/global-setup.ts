import { startGlobalServers } from './global-servers.js';

/** Jest wants a default export here. */
export default startGlobalServers;
