/**
 * Apache's NameServer and broker of `bench/apache/pom.xml`, from Maven Central. Bench processes.
 * They run with the options of Apache's runbroker.sh but for the heap, which there takes more than this kind of machine has.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { freeBrokerPort, freePort, ServerProcess } from './server-process.js';
import {
  type FlushDiskType,
  NAMESRV_PROBE,
  type PreparedServers,
  PROBE,
  type ServerUnderTest,
} from './server-under-test.js';

const JARS = resolve('build/apache-jars');
const START_TIMEOUT_MS = 120_000;
const NAMESRV_HEAP = ['-Xms256m', '-Xmx256m'];
const BROKER_HEAP = ['-Xms1g', '-Xmx1g'];
const JVM_OPTIONS = [
  '-XX:+UseG1GC',
  '-XX:G1HeapRegionSize=16m',
  '-XX:G1ReservePercent=25',
  '-XX:InitiatingHeapOccupancyPercent=30',
  '-XX:SoftRefLRUPolicyMSPerMB=0',
  '-XX:-OmitStackTraceInFastThrow',
  '-XX:+AlwaysPreTouch',
  '-XX:-UseLargePages',
  '-XX:+IgnoreUnrecognizedVMOptions',
  // Java 17 and newer keep these shut; the store unmaps buffers through them.
  '--add-opens=java.base/java.nio=ALL-UNNAMED',
  '--add-opens=java.base/sun.nio.ch=ALL-UNNAMED',
  '--add-exports=java.base/sun.nio.ch=ALL-UNNAMED',
  '--add-exports=java.base/jdk.internal.ref=ALL-UNNAMED',
];

/** Fetches the jars, once. */
export function fetchApacheJars(): void {
  if (existsSync(JARS)) return;
  const args = ['-q', '-B', '-f', 'bench/apache/pom.xml', 'dependency:copy-dependencies', `-DoutputDirectory=${JARS}`];
  execFileSync('mvn', [...args, '-DincludeScope=runtime'], { stdio: 'inherit' });
}

/** The NameServer's main class and heap. */
export const APACHE_NAMESRV = { mainClass: 'org.apache.rocketmq.namesrv.NamesrvStartup', heap: NAMESRV_HEAP } as const;
/** The broker's. */
export const APACHE_BROKER = { mainClass: 'org.apache.rocketmq.broker.BrokerStartup', heap: BROKER_HEAP } as const;

/** Starts one of Apache's main classes, with its files under `folder`. */
export function startJava(
  mainClass: string,
  heap: readonly string[],
  folder: string,
  args: readonly string[],
): ServerProcess {
  return ServerProcess.start({
    command: 'java',
    args: [
      '-server',
      ...heap,
      ...JVM_OPTIONS,
      `-Duser.home=${folder}`,
      `-Drocketmq.home.dir=${folder}`,
      '-cp',
      `${JARS}/*`,
      mainClass,
      ...args,
    ],
    logPath: join(folder, `${mainClass.slice(mainClass.lastIndexOf('.') + 1)}.out`),
  });
}

/** What may differ from the defaults. */
export interface ApacheOptions {
  /** Of the broker, all touched at its start, as the JVM writes it: `1g`. */
  readonly heap?: string;
  /** Further keys of the broker. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** Chooses ports and writes the configuration under `folder`, which may hold a store already. */
export async function prepareApache(
  flushDiskType: FlushDiskType,
  folder: string,
  { heap, settings = {} }: ApacheOptions = {},
): Promise<PreparedServers> {
  mkdirSync(folder, { recursive: true });
  const namesrvPort = await freePort(0);
  const namesrvConf = join(folder, 'namesrv.conf');
  writeFileSync(namesrvConf, `listenPort=${namesrvPort}\nbindAddress=127.0.0.1\n`);
  const brokerPort = await freeBrokerPort();
  const brokerConf = join(folder, 'broker.conf');
  const keys = {
    brokerClusterName: 'DefaultCluster',
    brokerName: 'apache-reference',
    brokerId: '0',
    brokerIP1: '127.0.0.1',
    listenPort: String(brokerPort),
    haListenPort: String(brokerPort + 1),
    namesrvAddr: `127.0.0.1:${namesrvPort}`,
    storePathRootDir: join(folder, 'store'),
    flushDiskType,
    ...settings,
  };
  const lines = Object.entries(keys).map(([key, value]) => `${key}=${value}\n`);
  writeFileSync(brokerConf, lines.join(''));
  const brokerHeap = heap === undefined ? BROKER_HEAP : [`-Xms${heap}`, `-Xmx${heap}`];
  return {
    maker: 'Apache 5.5.0',
    brokerPort,
    namesrvPort,
    startNamesrv: () => startJava(APACHE_NAMESRV.mainClass, NAMESRV_HEAP, folder, ['-c', namesrvConf]),
    startBroker: () => startJava(APACHE_BROKER.mainClass, brokerHeap, folder, ['-c', brokerConf]),
  };
}

/** Starts both on free ports with their files under `folder`, which may hold a store already. */
export async function startApache(
  flushDiskType: FlushDiskType,
  folder: string,
  options: ApacheOptions = {},
): Promise<ServerUnderTest> {
  const { maker, brokerPort, namesrvPort, startNamesrv, startBroker } = await prepareApache(
    flushDiskType,
    folder,
    options,
  );
  const namesrv = startNamesrv?.();
  let broker: ServerProcess | undefined;
  const stop = async (): Promise<void> => {
    await broker?.stop();
    await namesrv?.stop();
  };
  try {
    await namesrv?.untilAnswering(namesrvPort, NAMESRV_PROBE.code, NAMESRV_PROBE.extFields, START_TIMEOUT_MS);
    const startedMs = performance.now();
    broker = startBroker();
    await broker.untilAnswering(brokerPort, PROBE.code, PROBE.extFields, START_TIMEOUT_MS);
    const bootMs = performance.now() - startedMs;
    return { maker, brokerPort, namesrvPort, brokerPid: broker.pid, bootMs, logPath: broker.logPath, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
