/** What a workload is made of. Bench processes. The table of them is `workloads.ts`. */
import type { FlushDiskType } from '../servers/server-under-test.js';
import type { FigureName } from './figures.js';

/** Whose broker. */
export type Maker = 'apache' | 'ringmq';

/** A command of `ringmq bench` with its flags. */
export interface BenchStep {
  readonly command: 'produce' | 'consume' | 'e2e' | 'pull' | 'connections';
  readonly flags: Readonly<Record<string, string | number>>;
}

/** `ringmq bench`: `prepare` and `warmUp` come first and are not measured; without `warmUp` the step warms up for itself. */
export interface BenchLoad {
  readonly kind: 'bench';
  readonly prepare?: BenchStep;
  readonly warmUp?: BenchStep;
  readonly step: BenchStep;
}

/** A backlog read after a restart with nothing of it in the page cache. */
export interface ColdLoad {
  readonly kind: 'cold';
  readonly messages: number;
  /** Of another topic, newer: what recovery reads, and what warms the broker up after the restart. */
  readonly newerMessages: number;
}

/** Synchronous threads of one producer of the official Java client. */
export interface JavaLoad {
  readonly kind: 'java';
  readonly threads: number;
  readonly bodyBytes: number;
}

/** Delayed messages, all of which wait when the first is due. */
export interface DelayLoad {
  readonly kind: 'delay';
  readonly messages: number;
  readonly messagesPerSecond: number;
  readonly level: number;
}

/** From starting NameServer and broker to the first message that a client can send, then memory when idle. */
export interface StartLoad {
  readonly kind: 'start';
}

/** What a broker is put under. */
export type Load = BenchLoad | ColdLoad | JavaLoad | DelayLoad | StartLoad;

/** One of the two that a workload compares. */
export interface Side {
  /** In the tables. */
  readonly label: string;
  readonly maker: Maker;
  readonly flushDiskType: FlushDiskType;
  /** Keys of both brokers' configuration. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly load: Load;
}

/** What the subject's figure has to be, or its ratio to the base's. */
export interface Target {
  readonly figure: FigureName;
  readonly of: 'figure' | 'ratio';
  readonly at: 'least' | 'most';
  readonly value: number;
  /** As the project states it: `≥ 3×`. */
  readonly text: string;
}

/** See `workloads.ts`. */
export interface Workload {
  readonly name: string;
  readonly title: string;
  readonly base: Side;
  readonly subject: Side;
  readonly targets: readonly Target[];
}
