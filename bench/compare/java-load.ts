/**
 * A side under synchronous threads of the official Java client (`bench/java`), a JVM of its own. Bench processes.
 * Invariant: the broker's CPU is read when the client says that measuring begins and is over.
 */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { createTopic } from '#src/load/broker-topics.js';
import { readProcess } from '#src/load/process-meter.js';
import { RequestClient } from '#src/load/request-client.js';
import { startChild } from '../servers/child-processes.js';
import type { ServerUnderTest } from '../servers/server-under-test.js';
import type { Figures } from './figures.js';
import { type RunOptions, withThrowawayServer } from './side-server.js';
import type { JavaLoad, Side } from './workload.js';

const SOURCE = resolve('bench/java/src/main/java/ringmq/bench/SyncProducers.java');
const JARS = resolve('build/bench-java/lib');
const CLASSES = resolve('build/bench-java/classes');
const MAIN_CLASS = 'ringmq.bench.SyncProducers';
const TOPIC = 'bench-java';
const QUEUES = 4;

interface JavaFigures {
  readonly messages: number;
  readonly failed: number;
  readonly failure: string;
  readonly elapsedMs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  readonly maxMs: number;
}

/** Fetches the client's jars, once, and compiles the producers when their source is newer than what there is. */
export function compileJavaProducers(): void {
  if (!existsSync(JARS)) {
    const copy = ['dependency:copy-dependencies', `-DoutputDirectory=${JARS}`, '-DincludeScope=runtime'];
    execFileSync('mvn', ['-q', '-B', '-f', 'bench/java/pom.xml', ...copy], { stdio: 'inherit' });
  }
  const compiled = resolve(CLASSES, `${MAIN_CLASS.replaceAll('.', '/')}.class`);
  if (existsSync(compiled) && statSync(compiled).mtimeMs > statSync(SOURCE).mtimeMs) return;
  execFileSync('javac', ['-encoding', 'UTF-8', '-d', CLASSES, '-cp', `${JARS}/*`, SOURCE], { stdio: 'inherit' });
}

/** Measures `load` on a server of its own. */
export function runJavaLoad(side: Side, load: JavaLoad, folder: string, options: RunOptions): Promise<Figures> {
  return withThrowawayServer(side, folder, options, async (server) => {
    const client = await RequestClient.open('127.0.0.1', server.brokerPort);
    await createTopic(client, TOPIC, QUEUES).finally(() => client.close());
    return runProducers(server, load, folder, options);
  });
}

async function runProducers(
  server: ServerUnderTest,
  { threads, bodyBytes }: JavaLoad,
  folder: string,
  { warmupSeconds, seconds }: RunOptions,
): Promise<Figures> {
  const args = [`127.0.0.1:${server.namesrvPort}`, TOPIC, threads, bodyBytes, warmupSeconds, seconds].map(String);
  // The client's log goes below the user's home.
  const jvm = ['-Xms256m', '-Xmx256m', `-Duser.home=${folder}`, '-cp', `${CLASSES}:${JARS}/*`];
  const child = startChild('java', [...jvm, MAIN_CLASS, ...args]);
  const errors = text(child.stderr);
  const exited = once(child, 'exit');
  let before = readProcess(server.brokerPid);
  let end: JavaFigures | undefined;
  let after = before;
  for await (const line of createInterface({ input: child.stdout })) {
    if (!line.startsWith('{"event":')) continue;
    if (line.includes('"begin"')) before = readProcess(server.brokerPid);
    else if (line.includes('"over"')) after = readProcess(server.brokerPid);
    else end = JSON.parse(line) as JavaFigures;
  }
  await exited;
  if (end === undefined || end.messages === 0)
    throw new Error(`the Java producers sent nothing (${end?.failure ?? ''}): ${await errors}`);
  const { messages, elapsedMs, p50Ms, p99Ms, p999Ms, maxMs, failed } = end;
  return {
    messagesPerSecond: (messages / elapsedMs) * 1000,
    p50Ms,
    p99Ms,
    p999Ms,
    maxMs,
    cpuSecondsPerMillion: (after.cpuMicros - before.cpuMicros) / messages,
    rssMiB: after.rssMiB,
    ownMiB: after.ownMiB,
    rssPeakMiB: after.rssPeakMiB,
    refused: failed,
  };
}
