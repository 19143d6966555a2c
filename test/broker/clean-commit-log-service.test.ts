/** When old segments are deleted and messages refused: by the hour, by the disk, by hand and by the limits of our own. */
import * as assert from 'uvu/assert';

import { createLogger } from '#src/base/log.js';
import { CleanCommitLogService, type CleanCommitLogServiceParts } from '#src/broker/clean-commit-log-service.js';
import type { DiskUsage } from '#src/broker/disk-usage.js';
import type { ExpiryLimits } from '#src/workers/control-message.js';

import { FakeClock } from '../fake-clock.js';
import { suite } from '../suite.js';

const HOUR_MS = 3_600_000;
const GIB = 2 ** 30;

const test = suite('CleanCommitLogService');

type Config = CleanCommitLogServiceParts['config'];

/** A service whose disk and store the test is. */
class Cleaning {
  readonly clock: FakeClock;
  readonly asked: ExpiryLimits[] = [];
  readonly retention = {
    diskFull: undefined as string | undefined,
    deleteExpired: (limits: ExpiryLimits): Promise<number> => {
      this.asked.push(limits);
      return Promise.resolve(1);
    },
  };
  usedRatio = 0.5;
  queueUsedRatio: number | undefined;
  freeBytes = 100 * GIB;
  readonly service: CleanCommitLogService;

  /** Begins at an hour of the day, local time. */
  constructor(hour: number, config: Partial<Config> = {}) {
    this.clock = new FakeClock(new Date(2026, 5, 1, hour, 10).getTime());
    this.service = new CleanCommitLogService({
      config: {
        storePathRootDir: '/store',
        storePathCommitLog: '/store/commitlog',
        fileReservedTime: 72,
        deleteWhen: '04;16',
        diskMaxUsedSpaceRatio: 75,
        diskSpaceWarningLevelRatio: 90,
        diskSpaceCleanForciblyRatio: 85,
        cleanFileForciblyEnable: true,
        cleanResourceInterval: 10_000,
        deleteFileBatchMax: 10,
        deleteCommitLogFilesInterval: 100,
        deleteConsumeQueueFilesInterval: 100,
        diskFreeBytesMin: 0,
        commitLogBytesMax: 0,
        ...config,
      },
      retention: this.retention,
      clock: this.clock,
      logger: createLogger('test', 'silent'),
      measure: (folder): Promise<DiskUsage> =>
        Promise.resolve({
          usedRatio: folder.endsWith('consumequeue') ? (this.queueUsedRatio ?? this.usedRatio) : this.usedRatio,
          freeBytes: this.freeBytes,
        }),
    });
  }

  /** One round; what it asked for. */
  async run(): Promise<ExpiryLimits | undefined> {
    this.asked.length = 0;
    await this.service.run();
    return this.asked[0];
  }
}

test('rounds: the first after a minute, then at the interval, none after the stop', async () => {
  const cleaning = new Cleaning(4);
  cleaning.service.start();
  cleaning.clock.advance(59_999);
  assert.is(cleaning.clock.pendingTimers, 1);
  cleaning.clock.advance(1);
  await cleaning.service.run();
  assert.is(cleaning.asked.length, 1);
  cleaning.clock.advance(10_000);
  await cleaning.service.run();
  assert.is(cleaning.asked.length, 2);
  await cleaning.service.stop();
  assert.is(cleaning.clock.pendingTimers, 0);
});

test('deleteWhen: at its hours segments past fileReservedTime go, at others none', async () => {
  const atFour = await new Cleaning(4).run();
  assert.equal([atFour?.reservedMs, atFour?.isAtOnce, atFour?.segmentsMax], [72 * HOUR_MS, false, 10]);
  assert.ok(await new Cleaning(16).run());
  assert.is(await new Cleaning(5).run(), undefined);
  assert.is(await new Cleaning(5, { deleteWhen: '00;23;' }).run(), undefined);
});

test('by hand: 20 rounds delete at any hour, the first at once', async () => {
  const cleaning = new Cleaning(5);
  cleaning.service.deleteManually();
  for (let round = 0; round < 30; round++) {
    await cleaning.service.run();
    cleaning.clock.advance(10_000);
  }
  assert.is(cleaning.asked.length, 20);
  assert.is(cleaning.asked[0]?.reservedMs, 72 * HOUR_MS);
  await cleaning.service.stop();
});

test('the ratios: past diskMaxUsedSpaceRatio at any hour, past the forced one whatever their age, past the warning level no writes', async () => {
  const cleaning = new Cleaning(5);
  cleaning.usedRatio = 0.75;
  assert.is(await cleaning.run(), undefined);
  cleaning.usedRatio = 0.76;
  assert.equal((await cleaning.run())?.isAtOnce, false);
  cleaning.usedRatio = 0.86;
  assert.equal((await cleaning.run())?.isAtOnce, true);
  assert.is(cleaning.retention.diskFull, undefined);
  cleaning.usedRatio = 0.91;
  assert.equal((await cleaning.run())?.isAtOnce, true);
  assert.is(cleaning.retention.diskFull, "the broker's disk is full [CL:  0.91 CQ:  0.91 INDEX:  0.91]");
  cleaning.usedRatio = 0.9;
  await cleaning.run();
  assert.is(cleaning.retention.diskFull, undefined, 'messages are taken again');
});

test('the ratios have bounds: a warning level of 99 counts as 90, a forced one of 99 as 85', async () => {
  const cleaning = new Cleaning(5, { diskSpaceWarningLevelRatio: 99, diskSpaceCleanForciblyRatio: 99 });
  cleaning.usedRatio = 0.86;
  assert.is((await cleaning.run())?.isAtOnce, true);
  cleaning.usedRatio = 0.91;
  await cleaning.run();
  assert.ok(cleaning.retention.diskFull);
});

test('the disk of the consume queues counts as well, and one that cannot be measured as too full', async () => {
  const cleaning = new Cleaning(5);
  cleaning.queueUsedRatio = 0.91;
  await cleaning.run();
  assert.is(cleaning.retention.diskFull, "the broker's disk is full [CL:  0.50 CQ:  0.91 INDEX:  0.50]");
  cleaning.queueUsedRatio = -1;
  assert.is((await cleaning.run())?.isAtOnce, false);
  assert.is(cleaning.retention.diskFull, undefined);
});

test('cleanFileForciblyEnable=false: a full disk deletes only what is past its time', async () => {
  const cleaning = new Cleaning(5, { cleanFileForciblyEnable: false });
  cleaning.usedRatio = 0.95;
  const asked = await cleaning.run();
  assert.equal([asked?.isAtOnce, asked?.reservedMs], [false, 72 * HOUR_MS]);
  assert.ok(cleaning.retention.diskFull);
});

test('limits of our own: free bytes and the size of the log, at any hour and for no other reason', async () => {
  const cleaning = new Cleaning(5, { diskFreeBytesMin: 10 * GIB });
  assert.is(await cleaning.run(), undefined);
  cleaning.freeBytes = 7 * GIB;
  const asked = await cleaning.run();
  assert.equal([asked?.reservedMs, asked?.isAtOnce, asked?.bytesToFree], [-1, false, 3 * GIB]);
  const limited = await new Cleaning(5, { commitLogBytesMax: 5 * GIB }).run();
  assert.equal([limited?.reservedMs, limited?.isAtOnce, limited?.logBytesMax], [-1, false, 5 * GIB]);
});

test('two rounds are never under way at a time', async () => {
  const cleaning = new Cleaning(4);
  const first = cleaning.service.run();
  assert.is(cleaning.service.run(), first);
  await first;
  assert.is(cleaning.asked.length, 1);
});

test.run();
