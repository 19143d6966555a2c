/**
 * The broker's configuration: connections, buffers and every bound that has a name. Main thread. Java: NettyServerConfig, for the
 * first three; the others are RingMQ's own.
 * Invariant: a limit says what happens past it.
 */
import { bytes, int } from '../base/config-schema.js';

const changeable = { changeable: true } as const;
/** Nothing reads the key yet. */
const pending = { pending: true } as const;

/** Limits of the network and of the memory between the threads. */
export const limitKeys = {
  serverChannelMaxIdleTimeSeconds: int(
    120,
    'A connection on which nothing comes or goes for this long is closed, seconds.',
    { min: 1 },
  ),
  serverSocketBacklog: int(1_024, 'Connections that wait to be accepted; the system refuses more.', {
    min: 1,
    max: 65_535,
    ...pending,
  }),
  maxFrameSizeBytes: bytes(16 * 2 ** 20, 'Largest frame; a larger one closes its connection.', { min: 4_096 }),
  connectionSendBufferSizeBytes: bytes(
    8 * 2 ** 20,
    'Answers that may wait for one client to read them; past it that client is no longer read from.',
    { min: 65_536 },
  ),
  requestRingSizeBytes: bytes(
    16 * 2 ** 20,
    'Memory between the main thread and the commit log; full, sockets are no longer read from until there is room. Raised to a power of two that three of the largest messages fit into.',
    { min: 2 ** 20, max: 2 ** 30 },
  ),
  logTailWindowSizeBytes: bytes(
    32 * 2 ** 20,
    'Memory for the end of the log; consumers further behind are served from disk. Raised as the ring is.',
    { min: 2 ** 20, max: 2 ** 30 },
  ),
  maxPutsInFlight: int(
    16_384,
    'Messages given to the commit log and not answered; past it more wait, and sockets are not read. Rounded up to a power of two.',
    { min: 1_024, max: 2 ** 20 },
  ),
  maxPutsWaitingBytes: bytes(
    64 * 2 ** 20,
    'Messages that wait for room on their way to the commit log; past it sends are answered SYSTEM_BUSY (2).',
    { min: 2 ** 20 },
  ),
  maxPullsHeld: int(100_000, 'Pulls that wait for a message; past it one is answered POLLING_FULL (209) at once.', {
    min: 1,
    ...changeable,
  }),
  maxOpenStoreFiles: int(512, 'Files of the store kept open; past it the one unused for longest is closed.', {
    min: 16,
    max: 65_536,
  }),
  diskFreeBytesMin: bytes(
    0,
    'Free bytes of the disk of the commit log below which its oldest segments are deleted, whatever their age. 0: none are.',
    { min: 0, max: 2 ** 50, ...changeable },
  ),
  commitLogBytesMax: bytes(
    0,
    'Most bytes of the commit log; past it the oldest segments are deleted, whatever their age. The segment that is written to stays. 0: no limit.',
    { min: 0, max: 2 ** 50, ...changeable },
  ),
};
