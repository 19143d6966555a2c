/**
 * The figures of GET_BROKER_RUNTIME_INFO (28), by Apache 5.5.0's names, all of them texts. Main thread.
 * Java: AdminBrokerProcessor.prepareRuntimeInfo, StoreStatsService.getRuntimeInfo, DefaultMessageStore.getRuntimeInfo.
 * Invariant: every key of Apache's is there: the exporter parses most of them unasked. What has no counterpart here (thread pools, page cache)
 * says what an idle one of Apache's would.
 */
import { statfs } from 'node:fs/promises';
import { join } from 'node:path';

import type { Clock } from '../base/clock.js';
import type { MessageStore } from '../workers/message-store.js';
import type { BrokerConfig } from './broker-config.js';
import type { BrokerStats } from './broker-stats.js';
import { RATE_SPANS_SECONDS } from './rate-sampler.js';
import type { DelayOffsetTable } from './schedule/delay-offset-table.js';
import { diskUsageOf } from './disk-usage.js';
import { scheduleRunningStats } from './schedule/schedule-message-service.js';

/** What the figures are gathered from. */
export interface RuntimeInfoSources {
  readonly config: Pick<
    BrokerConfig,
    'storePathRootDir' | 'storePathCommitLog' | 'maxPutsInFlight' | 'maxPullsHeld' | 'startAcceptSendRequestTimeStamp'
  >;
  readonly store: Pick<MessageStore, 'stats' | 'earliestLogTimestamp' | 'refusal' | 'maxOffset'>;
  readonly delayOffsets: DelayOffsetTable;
  readonly stats: BrokerStats;
  readonly clock: Clock;
}

type Info = Record<string, string | number | boolean>;

/** By key. */
export async function collectRuntimeInfo(sources: RuntimeInfoSources): Promise<Map<string, string>> {
  const info: Info = {
    ...putInfo(sources.stats),
    ...getInfo(sources.stats),
    ...dailyInfo(sources.stats),
    ...(await storeInfo(sources)),
    ...(await diskInfo(sources.config)),
    ...queueInfo(sources),
    ...TIMER_INFO,
    ...scheduleRunningStats(sources.delayOffsets, sources.store),
    bootTimestamp: sources.stats.bootTimestampMs,
    runtime: formatRuntime(sources.clock.nowMs() - sources.stats.bootTimestampMs),
    brokerActive: sources.store.refusal === undefined,
    brokerVersionDesc: BROKER_VERSION_DESC,
    startAcceptSendRequestTimeStamp: sources.config.startAcceptSendRequestTimeStamp,
    ...refusalInfo(sources.store),
  };
  return new Map(Object.entries(info).map(([key, value]) => [key, String(value)]));
}

/** The version of Apache's whose behaviour this is; tools print it. Java: MQVersion.getVersionDesc. */
const BROKER_VERSION_DESC = 'V5_5_0';

/** There is no timer wheel yet. */
const TIMER_INFO: Info = {
  timerReadBehind: 0,
  timerOffsetBehind: 0,
  timerCongestNum: 0,
  timerEnqueueTps: '0.0',
  timerDequeueTps: '0.0',
};

function putInfo(stats: BrokerStats): Info {
  // Compat: Apache says 1 for none, since it divides by it.
  const total = Math.max(1, stats.putMessages);
  return {
    putMessageTimesTotal: total,
    putMessageFailedTimes: stats.putFailures,
    putMessageSizeTotal: stats.putBytes,
    putMessageAverageSize: javaDouble(stats.putBytes / total),
    putMessageEntireTimeMax: Math.round(stats.putTimeMaxMs),
    putMessageDistributeTime: stats.putTimeDistribution() ?? 'null',
    putTps: spans((seconds) => stats.putTps(seconds)),
    putLatency99: stats.putTimeQuantileMs(0.99).toFixed(2),
    putLatency999: stats.putTimeQuantileMs(0.999).toFixed(2),
    dispatchMaxBuffer: 0,
  };
}

function getInfo(stats: BrokerStats): Info {
  const total = (seconds: number): number => (stats.getFoundTps(seconds) ?? 0) + (stats.getMissTps(seconds) ?? 0);
  return {
    getMessageEntireTimeMax: Math.round(stats.getTimeMaxMs),
    getFoundTps: spans((seconds) => stats.getFoundTps(seconds)),
    getMissTps: spans((seconds) => stats.getMissTps(seconds)),
    // The dashboard wants three numbers here from the first second on.
    getTotalTps: spans(total),
    getTransferredTps: spans((seconds) => stats.getTransferredTps(seconds)),
  };
}

function dailyInfo(stats: BrokerStats): Info {
  return {
    msgPutTotalYesterdayMorning: stats.yesterday.put,
    msgPutTotalTodayMorning: stats.today.put,
    msgPutTotalTodayNow: stats.userPutMessages,
    msgGetTotalYesterdayMorning: stats.yesterday.get,
    msgGetTotalTodayMorning: stats.today.get,
    msgGetTotalTodayNow: stats.userGetMessages,
  };
}

async function storeInfo({ store }: RuntimeInfoSources): Promise<Info> {
  const { minPhysicalOffset, maxPhysicalOffset, flushedOffset, dispatchBehindBytes } = store.stats();
  return {
    commitLogMinOffset: minPhysicalOffset,
    commitLogMaxOffset: maxPhysicalOffset,
    remainHowManyDataToFlush: humanReadableBytes(maxPhysicalOffset - flushedOffset),
    dispatchBehindBytes,
    pageCacheLockTimeMills: 0,
    remainTransientStoreBufferNumbs: 2_147_483_647,
    earliestMessageTimeStamp: await store.earliestLogTimestamp(),
  };
}

async function diskInfo({ storePathRootDir, storePathCommitLog }: RuntimeInfoSources['config']): Promise<Info> {
  const { blocks, bfree, bsize } = await statfs(storePathRootDir);
  const commitLogRatio = javaDouble((await diskUsageOf(storePathCommitLog)).usedRatio);
  const { usedRatio } = await diskUsageOf(join(storePathRootDir, 'consumequeue'));
  return {
    commitLogDiskRatio: commitLogRatio,
    [`commitLogDiskRatio_${storePathCommitLog}`]: commitLogRatio,
    consumeQueueDiskRatio: javaDouble(usedRatio),
    commitLogDirCapacity: `Total : ${humanReadableBytes(blocks * bsize)}, Free : ${humanReadableBytes(bfree * bsize)}.`,
  };
}

function queueInfo({ config, store }: RuntimeInfoSources): Info {
  const waiting: Readonly<Record<string, readonly [size: number, capacity: number]>> = {
    send: [store.stats().putsInFlight, config.maxPutsInFlight],
    pull: [0, config.maxPullsHeld],
    litePull: [0, config.maxPullsHeld],
    query: [0, 20_000],
    ack: [0, 100_000],
  };
  const info: Info = { EndTransactionQueueSize: 0, EndTransactionThreadPoolQueueCapacity: 100_000 };
  for (const [kind, [size, capacity]] of Object.entries(waiting)) {
    info[`${kind}ThreadPoolQueueSize`] = size;
    info[`${kind}ThreadPoolQueueCapacity`] = capacity;
    info[`${kind}ThreadPoolQueueHeadWaitTimeMills`] = 0;
  }
  return info;
}

/** Differs: only while messages are refused there are two keys more, which say so: Apache's flags, and the cause. */
function refusalInfo(store: RuntimeInfoSources['store']): Info {
  if (store.refusal === undefined) return {};
  return { runningFlags: store.stats().runningFlagBits, putMessageRefusal: store.refusal };
}

/** Three rates with spaces between them; one that is not known yet is left empty, as by Apache. */
function spans(rate: (seconds: number) => number | undefined): string {
  return RATE_SPANS_SECONDS.map((seconds) => {
    const value = rate(seconds);
    return value === undefined ? '' : javaDouble(value);
  }).join(' ');
}

/** Java's Double.toString for numbers of ordinary size. */
function javaDouble(value: number): string {
  return Number.isInteger(value) ? `${value}.0` : String(value);
}

function formatRuntime(elapsedMs: number): string {
  const seconds = Math.floor(elapsedMs / 1000);
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  return `[ ${Math.floor(hours / 24)} days, ${hours % 24} hours, ${minutes % 60} minutes, ${seconds % 60} seconds ]`;
}

/** Java: MixAll.humanReadableByteCount with si=false. */
function humanReadableBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'];
  let value = bytes;
  let unit = 0;
  for (; value >= 1024 && unit < units.length - 1; unit++) value /= 1024;
  return unit === 0 ? `${bytes} B` : `${value.toFixed(1)} ${units[unit]}`;
}
