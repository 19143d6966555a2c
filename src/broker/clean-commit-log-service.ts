/**
 * Decides when old segments of the commit log are deleted, and when messages are refused since the disk is too full. Main thread; the commitlog worker
 * does the deleting. Java: CleanCommitLogService.
 * Invariant: one round at a time, on master and slave alike; without a reason nothing is deleted.
 */
import { join } from 'node:path';

import type { Clock, TimerHandle } from '../base/clock.js';
import type { Logger } from '../base/log.js';
import type { StoreRetention } from '../workers/store-retention.js';
import type { BrokerConfig } from './broker-config.js';
import { type DiskUsage, diskUsageOf } from './disk-usage.js';

/** Java: DefaultMessageStore.addScheduleTask. */
const FIRST_ROUND_MS = 60_000;
/** Rounds that delete after one request to. Java: MAX_MANUAL_DELETE_FILE_TIMES. */
const MANUAL_DELETE_ROUNDS = 20;
const HOUR_MS = 3_600_000;
/** Bounds of the two ratios, whatever is set. Java: getDiskSpaceWarningLevelRatio, getDiskSpaceCleanForciblyRatio. */
const WARNING_RATIO = { min: 0.35, max: 0.9 };
const FORCIBLY_RATIO = { min: 0.3, max: 0.85 };

/** What it works with. */
export interface CleanCommitLogServiceParts {
  readonly config: Pick<
    BrokerConfig,
    | 'storePathRootDir'
    | 'storePathCommitLog'
    | 'fileReservedTime'
    | 'deleteWhen'
    | 'diskMaxUsedSpaceRatio'
    | 'diskSpaceWarningLevelRatio'
    | 'diskSpaceCleanForciblyRatio'
    | 'cleanFileForciblyEnable'
    | 'cleanResourceInterval'
    | 'deleteFileBatchMax'
    | 'deleteCommitLogFilesInterval'
    | 'deleteConsumeQueueFilesInterval'
    | 'diskFreeBytesMin'
    | 'commitLogBytesMax'
  >;
  readonly retention: Pick<StoreRetention, 'deleteExpired' | 'diskFull'>;
  readonly logger: Logger;
  readonly clock: Clock;
  /** For tests: another disk. */
  readonly measure?: (folder: string) => Promise<DiskUsage>;
}

/** What the disk calls for. */
interface Space {
  readonly isNeeded: boolean;
  /** Segments go whatever their age. */
  readonly isAtOnce: boolean;
  readonly bytesToFree: number;
}

/** Rounds from `start` to `stop`. */
export class CleanCommitLogService {
  readonly #parts: CleanCommitLogServiceParts;
  #timer: TimerHandle | undefined;
  #manualRounds = 0;
  #round: Promise<void> | undefined;
  #isStopped = false;

  constructor(parts: CleanCommitLogServiceParts) {
    this.#parts = parts;
  }

  /** Begins with the first round a minute from now. */
  start(): void {
    this.#timer = this.#parts.clock.after(FIRST_ROUND_MS, () => this.#runFromNowOn());
  }

  /** Ends when no round is under way. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#timer?.cancel();
    await this.#round?.catch(() => undefined);
  }

  /**
   * Has segments past their time deleted in the rounds that follow, at whatever hour. Differs: the first of them is now; Apache waits for its
   * schedule, which begins a minute after the start. Java: executeDeleteFilesManually.
   */
  deleteManually(): void {
    this.#manualRounds = MANUAL_DELETE_ROUNDS;
    if (!this.#isStopped) this.#runFromNowOn();
  }

  /** One round; the one under way, if there is one. */
  run(): Promise<void> {
    this.#round ??= this.#run().finally(() => {
      this.#round = undefined;
    });
    return this.#round;
  }

  #runFromNowOn(): void {
    const { clock, config } = this.#parts;
    this.#timer?.cancel();
    this.#timer = clock.every(config.cleanResourceInterval, () => this.#runSoon());
    this.#runSoon();
  }

  #runSoon(): void {
    this.run().catch((error: unknown) => {
      if (!this.#isStopped) this.#parts.logger.warn('old segments could not be deleted', { error });
    });
  }

  async #run(): Promise<void> {
    const { config, retention, logger } = this.#parts;
    const space = await this.#lookForSpace();
    const isManual = this.#manualRounds > 0;
    if (isManual) this.#manualRounds--;
    const isByAge = this.#isTimeToDelete() || space.isNeeded || isManual;
    if (!isByAge && space.bytesToFree === 0 && config.commitLogBytesMax === 0) return;
    const deleted = await retention.deleteExpired({
      reservedMs: isByAge ? config.fileReservedTime * HOUR_MS : -1,
      isAtOnce: space.isAtOnce && config.cleanFileForciblyEnable,
      bytesToFree: space.bytesToFree,
      logBytesMax: config.commitLogBytesMax,
      segmentsMax: config.deleteFileBatchMax,
      segmentPauseMs: config.deleteCommitLogFilesInterval,
      queuePauseMs: config.deleteConsumeQueueFilesInterval,
    });
    if (deleted > 0) logger.info('old segments were deleted', { segments: deleted, isManual });
    else if (space.isNeeded) logger.warn('the disk will be full soon, and there is no segment that may be deleted', {});
  }

  /** Java: UtilAll.isItTimeToDo. */
  #isTimeToDelete(): boolean {
    const hour = new Date(this.#parts.clock.nowMs()).getHours();
    return this.#parts.config.deleteWhen.split(';').some((when) => when !== '' && Number(when) === hour);
  }

  /** Refuses messages, or takes them again. Java: isSpaceToDelete. */
  async #lookForSpace(): Promise<Space> {
    const { config, measure = diskUsageOf } = this.#parts;
    const { storePathCommitLog, storePathRootDir, diskFreeBytesMin } = config;
    const log = await measure(storePathCommitLog);
    const queues = await measure(join(storePathRootDir, 'consumequeue'));
    const index = await measure(join(storePathRootDir, 'index'));
    const ratios = [log.usedRatio, queues.usedRatio];
    const warningRatio = within(config.diskSpaceWarningLevelRatio / 100, WARNING_RATIO);
    const forciblyRatio = within(config.diskSpaceCleanForciblyRatio / 100, FORCIBLY_RATIO);
    const maxUsedRatio = config.diskMaxUsedSpaceRatio / 100;
    const isFull = ratios.some((ratio) => ratio > warningRatio);
    this.#setDiskFull(isFull ? [log, queues, index] : undefined);
    const isAtOnce = isFull || ratios.some((ratio) => ratio > forciblyRatio);
    return {
      // Compat: a disk that cannot be measured counts as too full, too.
      isNeeded: isAtOnce || ratios.some((ratio) => ratio < 0 || ratio > maxUsedRatio),
      isAtOnce,
      bytesToFree: Math.max(0, diskFreeBytesMin - log.freeBytes),
    };
  }

  #setDiskFull(disks: readonly DiskUsage[] | undefined): void {
    const { retention, logger } = this.#parts;
    const was = retention.diskFull;
    retention.diskFull = disks === undefined ? undefined : fullRemark(disks);
    if (was === undefined && retention.diskFull !== undefined) {
      logger.error('messages are refused until there is room', { reason: retention.diskFull });
    } else if (was !== undefined && retention.diskFull === undefined) {
      logger.info('there is room on the disk; messages are taken again', {});
    }
  }
}

function within(ratio: number, { min, max }: { readonly min: number; readonly max: number }): number {
  return Math.min(max, Math.max(min, ratio));
}

/** Java: SendMessageProcessor.diskUtil. */
function fullRemark(disks: readonly DiskUsage[]): string {
  const [log, queues, index] = disks.map(({ usedRatio }) => usedRatio.toFixed(2).padStart(5));
  return `the broker's disk is full [CL: ${log} CQ: ${queues} INDEX: ${index}]`;
}
