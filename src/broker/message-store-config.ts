/**
 * The broker's configuration: the store on disk and what is read from it. Main thread; the worker gets what it needs at its start.
 * Java: MessageStoreConfig.
 * Invariant: names and defaults are Apache 5.5.0's.
 */
import { join } from 'node:path';

import { bool, bytes, derived, int, oneOf, path, port, text } from '../base/config-schema.js';
import { DELAY_LEVELS_PATTERN } from '../message/delay-level-table.js';

const changeable = { changeable: true } as const;
/** Nothing reads the key yet. */
const pending = { pending: true } as const;
const important = { important: true } as const;

/** Where, how large, how safe. */
const fileKeys = {
  storePathRootDir: path(
    derived('~/store (`ringmq start`: ./data)', ({ homeDirectory }) => join(homeDirectory, 'store')),
    'Folder of the store.',
    important,
  ),
  storePathCommitLog: path(
    derived('storePathRootDir/commitlog', ({ valueOf }) => join(valueOf('storePathRootDir'), 'commitlog')),
    'Folder of the commit log.',
    important,
  ),
  mappedFileSizeCommitLog: bytes(
    2 ** 30,
    'Size of a segment of the commit log. A store keeps the size that it was made with.',
    { min: 4_096 },
  ),
  mappedFileSizeConsumeQueue: bytes(
    300_000 * 20,
    'Size of a file of a consume queue; rounded up to whole entries of 20 bytes.',
    { min: 20 },
  ),
  flushDiskType: oneOf(
    ['ASYNC_FLUSH', 'SYNC_FLUSH'],
    'ASYNC_FLUSH',
    'SYNC_FLUSH answers a send when the message is on the disk, ASYNC_FLUSH when the operating system has it.',
    important,
  ),
  flushIntervalCommitLog: int(500, 'Time between two flushes under ASYNC_FLUSH, ms.', { min: 1, ...important }),
  flushIntervalConsumeQueue: int(1_000, 'Time between two flushes of the consume queues, ms.', { min: 1 }),
  syncFlushTimeout: int(
    5_000,
    'How long a send waits for the disk under SYNC_FLUSH before it is answered FLUSH_DISK_TIMEOUT (10), ms.',
    changeable,
  ),
  maxMessageSize: bytes(4 * 2 ** 20, 'Largest body; a larger one is answered MESSAGE_ILLEGAL (13).', {
    ...changeable,
    ...important,
  }),
  maxTopicLength: int(127, 'Longest topic name, bytes.', { min: 1, max: 255, ...pending }),
};

/** How long messages are kept. */
const retentionKeys = {
  fileReservedTime: int(
    72,
    'How long a segment of the commit log is kept after it was last written to, and undecided transactions are asked about, hours.',
    { ...changeable, ...important },
  ),
  deleteWhen: text(
    '04',
    'Hours of the day, local time, at which segments past their time are deleted, `;` between them.',
    {
      ...changeable,
      ...important,
      pattern: /^([01]\d|2[0-3])(;([01]\d|2[0-3]))*;?$/,
      allowed: 'hours from 00 to 23 with ; between them',
    },
  ),
  diskMaxUsedSpaceRatio: int(
    75,
    'Above this use of the disk, per cent, segments past their time are deleted at any hour.',
    { min: 10, max: 95, ...changeable },
  ),
  diskSpaceWarningLevelRatio: int(
    90,
    'Above this use of the disk, per cent, messages are refused with SERVICE_NOT_AVAILABLE (14) until it is less. More than 90 counts as 90.',
    { min: 35, max: 99, ...changeable },
  ),
  diskSpaceCleanForciblyRatio: int(
    85,
    'Above this use of the disk, per cent, segments are deleted before their time. More than 85 counts as 85.',
    { min: 30, max: 99, ...changeable },
  ),
  cleanFileForciblyEnable: bool(true, 'Allow that.', { ...changeable, ...important }),
  cleanResourceInterval: int(10_000, 'How often it is looked whether segments are to be deleted, ms.', { min: 1 }),
  deleteFileBatchMax: int(10, 'Most segments that are deleted at one such time.', { min: 1, ...changeable }),
  deleteCommitLogFilesInterval: int(100, 'Pause between two segments that are deleted, ms.', changeable),
  deleteConsumeQueueFilesInterval: int(
    100,
    'Pause after a step in which files of consume queues were deleted, ms.',
    changeable,
  ),
  messageDelayLevel: text(
    '1s 5s 10s 30s 1m 2m 3m 4m 5m 6m 7m 8m 9m 10m 20m 30m 1h 2h',
    'How long messages of each delay level wait, from level 1 up; a higher level than the last is taken for the last.',
    { pattern: DELAY_LEVELS_PATTERN, allowed: 'times such as 1s 5m 2h 1d, 8 digits at most, with spaces between them' },
  ),
  flushDelayOffsetInterval: int(
    10_000,
    'How often it is saved how far the delay levels have been delivered, ms. After a crash what came later is delivered again.',
    { min: 1 },
  ),
};

/** How much one answer to a consumer may hold. */
const readKeys = {
  maxTransferBytesOnMessageInMemory: bytes(256 * 2 ** 10, 'Most bytes of one pull answer from memory.', {
    ...changeable,
    ...important,
  }),
  maxTransferCountOnMessageInMemory: int(32, 'Most messages of one pull answer from memory.', {
    min: 1,
    ...changeable,
    ...important,
  }),
  maxTransferBytesOnMessageInDisk: bytes(
    64 * 2 ** 10,
    'Most bytes of one pull answer from disk in Apache; here the limit for memory holds.',
    {
      ...changeable,
      ...important,
      ...pending,
    },
  ),
  maxTransferCountOnMessageInDisk: int(
    8,
    'Most messages of one pull answer from disk in Apache; here the limit for memory holds.',
    {
      min: 1,
      ...changeable,
      ...important,
      ...pending,
    },
  ),
  accessMessageInMemoryMaxRatio: int(
    40,
    'Share of the memory, per cent, up to which a lag counts as in memory when a slave is suggested.',
    { max: 100, ...changeable, ...important },
  ),
  messageIndexEnable: bool(
    true,
    'Keep an index of keys. Without it nothing is added; what the index holds is still found.',
    important,
  ),
  maxHashSlotNum: int(
    5_000_000,
    'Slots of an index file; 4 bytes of memory each. A store keeps the number that it was made with.',
    {
      min: 1,
      max: 100_000_000,
    },
  ),
  maxIndexNum: int(20_000_000, 'Places of an index file, 20 bytes each; the first is never used. Likewise.', {
    min: 2,
    max: 100_000_000,
  }),
  maxMsgsNumBatch: int(64, 'Most messages of one query by key, whatever is asked for.', { ...changeable }),
  defaultQueryMaxNum: int(32, 'Most messages of one query by unique key.', { min: 1, ...changeable }),
};

/** Replication. */
const replicationKeys = {
  haListenPort: port(
    derived('listenPort + 1', ({ valueOf }) => (valueOf('listenPort') === '0' ? 0 : Number(valueOf('listenPort')) + 1)),
    'Port that slaves connect to.',
  ),
  haMasterAddress: text(
    '',
    'On a slave: `host:port` on which its master listens for slaves. Empty: what the NameServer says of the broker of the same name.',
    { pattern: /^$|^[^\s;,]+:\d{1,5}$/, allowed: 'host:port' },
  ),
  haSendHeartbeatInterval: int(
    5_000,
    'Longest time between two transfers to a slave, and between two reports to the master, ms.',
    { min: 1 },
  ),
  haHousekeepingInterval: int(20_000, 'A replication connection on which nothing comes for this long is closed, ms.', {
    min: 1,
  }),
  haTransferBatchSize: bytes(
    32 * 2 ** 10,
    "Most bytes of one transfer to a slave. Apache's slave takes 4 MiB at most.",
    {
      max: 4 * 2 ** 20 - 12,
    },
  ),
  haFlowControlEnable: bool(
    false,
    "Whether `maxHaTransferByteInSecond` holds. (Apache's plain HA counts headers only, so that it never does.)",
  ),
  maxHaTransferByteInSecond: bytes(
    100 * 2 ** 20,
    'With `haFlowControlEnable`: most bytes of the log that each slave is sent in a second. What is more is sent in the next.',
    { min: 1 },
  ),
  haMaxGapNotInSync: bytes(
    256 * 2 ** 20,
    'A slave further behind than this is not in sync: SYNC_MASTER does not wait for it, but answers SLAVE_NOT_AVAILABLE (11).',
  ),
  inSyncReplicas: int(
    derived('2 for SYNC_MASTER, else 1', ({ valueOf }) => (valueOf('brokerRole') === 'SYNC_MASTER' ? 2 : 1)),
    "Brokers, the master among them, that have a message before SYNC_MASTER answers SEND_OK. Apache 5.5.0's default of 1 makes SYNC_MASTER wait for nobody.",
    { min: 1, max: 64 },
  ),
  slaveTimeout: int(
    3_000,
    'How long a send waits for a slave under SYNC_MASTER before it is answered FLUSH_SLAVE_TIMEOUT (12), ms.',
    changeable,
  ),
};

/** Every key of the store. */
export const messageStoreKeys = {
  ...fileKeys,
  ...retentionKeys,
  ...readKeys,
  ...replicationKeys,
};
