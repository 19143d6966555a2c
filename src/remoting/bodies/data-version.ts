/** Which state of a table this is; grows with every change. Main thread. Java: DataVersion. */
import { defineBody, number, type BodyOf } from '../body-schema.js';

/** Shape of a data version, also a body of its own (QUERY_DATA_VERSION). */
export const DataVersion = defineBody({ counter: number(), stateVersion: number(), timestamp: number() });
/** One data version: equal in all three members means the same table. */
export type DataVersion = BodyOf<typeof DataVersion>;
