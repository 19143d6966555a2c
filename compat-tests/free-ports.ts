/**
 * Ports for the servers under test. They are fixed before the start, not left to the system: a restarted broker must come back on its own.
 * Taken from below the range that the system gives to outgoing connections, so that no client's socket is on one when the broker returns.
 */
import { createServer } from 'node:net';

const FIRST = 12_000;
const LAST = 31_000;
const TRIES = 200;
/** Beside its port a broker has the VIP port two below and the HA port one above. */
const BROKER_OFFSETS = [-2, 0, 1];

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

async function find(offsets: readonly number[], taken: Set<number>): Promise<number> {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const port = FIRST + Math.floor(Math.random() * (LAST - FIRST));
    const all = offsets.map((offset) => port + offset);
    if (all.some((each) => taken.has(each))) continue;
    for (const each of all) taken.add(each);
    const free = await Promise.all(all.map(isFree));
    if (free.every(Boolean)) return port;
  }
  throw new Error(`no free ports in ${TRIES} tries between ${FIRST} and ${LAST}`);
}

const taken = new Set<number>();

/** A broker's port whose VIP and HA ports are free too. Never given twice in a run. */
export function freeBrokerPort(): Promise<number> {
  return find(BROKER_OFFSETS, taken);
}

/** A port for a NameServer. Never given twice in a run. */
export function freePort(): Promise<number> {
  return find([0], taken);
}
