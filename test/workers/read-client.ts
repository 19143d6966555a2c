/** A store client over a folder that a store has filled and closed: everything in it is behind the log tail window. */
import { createLogger } from '#src/base/log.js';
import type { StoreSettings } from '#src/workers/control-message.js';
import { StoreClient } from '#src/workers/store-client.js';

import { replicationFor } from '../commitlog/store-harness.js';
import { FakeClock } from '../fake-clock.js';

/** Opens it; the caller stops it. */
export function openReadClient(settings: StoreSettings): Promise<StoreClient> {
  return StoreClient.open({
    settings,
    replication: replicationFor(settings),
    requestRingSizeBytes: 1 << 16,
    logTailWindowSizeBytes: 1 << 16,
    putsInFlightMax: 1024,
    waitingBytesMax: 1 << 20,
    putTimeoutMs: 5000,
    storeHost: () => Buffer.alloc(8),
    onPressure: () => undefined,
    onFailure: () => undefined,
    logger: createLogger('test', 'silent'),
    clock: new FakeClock(),
  });
}

/** Physical offsets of the records in a pull's body. */
export function offsetsIn(body: Buffer): number[] {
  const found: number[] = [];
  for (let at = 0; at < body.length; at += body.readInt32BE(at)) found.push(Number(body.readBigInt64BE(at + 28)));
  return found;
}
