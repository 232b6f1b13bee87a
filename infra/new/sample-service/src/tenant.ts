/** What the tenant chooses for this service. Each default is the careful one. `npm run contracts` lists a new name. */
import { brokerModeSetting } from '../../../../contracts/internal/tenant.js';

export const sampleSettings = { brokerMode: brokerModeSetting } as const;
