/**
 * What servers between browser and portal need, all of which run in the process of their test.
 *
 * That process stands still for seconds while it searches files. A connection that was idle meanwhile may have been ended
 * by one side before the other one hears of it, and what is sent on it is lost: a fault of the hop, not of the portal.
 */

/** For `createServer`: a browser's connection is ended by the browser. */
export const PATIENT = { keepAliveTimeout: 0 } as const;

/** For `request`: each goes to the portal on a connection of its own. */
export const ALONE = { agent: false } as const;
