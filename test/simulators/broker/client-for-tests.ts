export { callerOf, startEar, until, type Caller, type Ear, type Got, type Received } from '../shared/client-for-tests.js';
