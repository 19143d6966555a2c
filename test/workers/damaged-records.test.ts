/** Reads of records that are damaged on the disk, after a restart: a pull steps over them and gives the others, a look-up by offset finds nothing. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';

import { GetStatus } from '#src/workers/message-store.js';
import type { StoreClient } from '#src/workers/store-client.js';

import { makeFolder, openStore, removeFolders, settingsFor } from '../commitlog/store-harness.js';
import { suite } from '../suite.js';
import { offsetsIn, openReadClient } from './read-client.js';

const test = suite('damaged records');
test.after(removeFolders);

/** Ten messages, and the store opened again as a broker does. */
async function reopened(harm: (log: string, offsets: readonly number[], sizes: readonly number[]) => void): Promise<{
  client: StoreClient;
  offsets: readonly number[];
}> {
  const folder = makeFolder();
  const first = await openStore(folder);
  const results = Array.from({ length: 10 }, (_, i) => first.put('T', 0, [{ body: `message ${i}` }])[0]);
  await first.store.close();
  const offsets = results.map((result) => result?.physicalOffset ?? -1);
  const sizes = results.map((result) => result?.sizeBytes ?? -1);
  harm(join(folder, 'commitlog', '00000000000000000000'), offsets, sizes);
  const client = await openReadClient(settingsFor(folder));
  return { client, offsets };
}

function overwrite(path: string, position: number, bytes: Buffer): void {
  const file = openSync(path, 'r+');
  writeSync(file, bytes, 0, bytes.length, position);
  closeSync(file);
}

const HARMS: readonly { kind: string; bytes: (sizeBytes: number) => Buffer }[] = [
  { kind: 'zeros', bytes: (sizeBytes) => Buffer.alloc(sizeBytes) },
  { kind: 'garbage', bytes: (sizeBytes) => Buffer.alloc(sizeBytes, 0xe5) },
  { kind: 'a wrong size', bytes: () => Buffer.from([0x7f, 0xff]) },
];

for (const { kind, bytes } of HARMS) {
  test(`a pull gives the records around one that is ${kind}`, async () => {
    const { client, offsets } = await reopened((log, places, sizes) =>
      overwrite(log, places[4] ?? 0, bytes(sizes[4] ?? 0)),
    );
    const result = await client.getMessages('T', 0, 0, 32, 1 << 20, undefined);
    assert.is(result.status, GetStatus.FOUND);
    assert.is(result.nextBeginOffset, 10);
    assert.equal(
      offsetsIn(result.body),
      offsets.filter((_, i) => i !== 4),
    );
    assert.is(result.messageCount, 9);
    const alone = await client.getMessages('T', 0, 4, 1, 1 << 20, undefined);
    assert.equal([alone.status, alone.nextBeginOffset], [GetStatus.MESSAGE_WAS_REMOVING, 5]);
    assert.is(await client.recordAt(offsets[4] ?? -1), undefined);
    assert.ok(await client.recordAt(offsets[5] ?? -1));
    await client.stop();
  });
}

test.run();
