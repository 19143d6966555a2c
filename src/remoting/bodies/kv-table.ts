/** Body of GET_BROKER_RUNTIME_INFO (28), GET_KVLIST_BY_NAMESPACE (219) and others: text by text. Main thread. Java: KVTable. */
import { defineBody, text, textMap, type BodyOf } from '../body-schema.js';

/** The body. */
export const KVTable = defineBody({ table: textMap(text()) });
/** Decoded {@link KVTable}. */
export type KVTable = BodyOf<typeof KVTable>;
