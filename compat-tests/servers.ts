/** How each server is started: ours on the host from `dist`, Apache's 5.5.0 in the container. Both makers are told the same things. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ServerProcess, type ServerSpec, signalContainer } from './server-process.js';

/** What a run's servers have in common. */
export interface ServerContext {
  readonly projectFolder: string;
  readonly image: string;
  /** Where stores and logs go. */
  readonly workFolder: string;
}

/** A broker's address and folder; `settings` are RocketMQ keys. */
export interface BrokerOptions {
  readonly name: string;
  /** Where its store is, if not in a folder of its own: brokers that hand a store over name the same. */
  readonly storeName?: string;
  readonly port: number;
  readonly settings: Readonly<Record<string, string>>;
}

/** RocketMQ keys. */
type Settings = Readonly<Record<string, string>>;

const HOST = '127.0.0.1';
const NAMESRV_BOOTED = /^The Name Server boot success\. serializeType=/;
const BROKER_BOOTED = /^The broker\[[^\]]+\] boot success\. serializeType=/;
/** Small segments: the matrix needs little, and some file systems give no sparse files. */
const SEGMENT_BYTES = String(256 << 20);

let containers = 0;

/** A folder of its own for a server, made. */
function folderOf(context: ServerContext, name: string): string {
  const folder = join(context.workFolder, name);
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** The folder `store` of a broker, made. */
export function storeFolderOf(context: ServerContext, { name, storeName }: BrokerOptions): string {
  return folderOf(context, join(storeName ?? name, 'store'));
}

function brokerSettings({ settings }: BrokerOptions): Record<string, string> {
  return {
    brokerClusterName: 'CompatCluster',
    brokerName: 'compat-broker',
    mappedFileSizeCommitLog: SEGMENT_BYTES,
    ...settings,
  };
}

function setFlags(settings: Readonly<Record<string, string>>): string[] {
  return Object.entries(settings).flatMap(([key, value]) => ['--set', `${key}=${value}`]);
}

function ours(
  context: ServerContext,
  name: string,
  script: string,
  args: readonly string[],
  bootLine: RegExp,
): ServerProcess {
  const logFile = join(folderOf(context, name), 'server.log');
  const command = [process.execPath, join(context.projectFolder, 'dist', 'cli', script), ...args] as const;
  return new ServerProcess({ name, command: () => command, bootLine, logFile });
}

/** NameServer and broker in one process: `ringmq start`. */
export function ringmq(context: ServerContext, options: BrokerOptions, namesrvPort: number): ServerProcess {
  const folder = folderOf(context, options.name);
  const ports = ['--port', String(options.port), '--namesrv-port', String(namesrvPort), '--host', HOST];
  const args = ['start', ...ports, '--data', join(folder, 'store'), ...setFlags(brokerSettings(options))];
  return ours(context, options.name, 'ringmq.js', args, BROKER_BOOTED);
}

/** Our NameServer alone. */
export function ringmqNamesrv(
  context: ServerContext,
  name: string,
  port: number,
  settings: Settings = {},
): ServerProcess {
  const args = ['--port', String(port), '--host', HOST, ...setFlags(settings)];
  return ours(context, name, 'mqnamesrv.js', args, NAMESRV_BOOTED);
}

/** Our broker alone, registering with the NameServer given. */
export function ringmqBroker(context: ServerContext, options: BrokerOptions, namesrv: string): ServerProcess {
  const settings = {
    ...brokerSettings(options),
    listenPort: String(options.port),
    brokerIP1: HOST,
    storePathRootDir: storeFolderOf(context, options),
  };
  return ours(context, options.name, 'mqbroker.js', ['-n', namesrv, ...setFlags(settings)], BROKER_BOOTED);
}

function apache(
  context: ServerContext,
  name: string,
  server: 'namesrv' | 'broker',
  settings: Readonly<Record<string, string>>,
  volumes: readonly string[] = [],
): ServerProcess {
  const folder = folderOf(context, name);
  const lines = Object.entries(settings).map(([key, value]) => `${key}=${value}\n`);
  writeFileSync(join(folder, 'server.conf'), lines.join(''));
  const prefix = `ringmq-compat-${process.pid}-${++containers}`;
  const containerOf = (start: number): string => `${prefix}-${start}`;
  const user = `${process.getuid?.() ?? 0}:${process.getgid?.() ?? 0}`;
  const spec: ServerSpec = {
    name,
    command: (start) => {
      const place = ['--network=host', '--user', user, '--env=HOME=/data', '--volume', `${folder}:/data`, ...volumes];
      const call = ['/opt/compat/apache/start.sh', server, '-c', '/data/server.conf'];
      return ['docker', 'run', '--rm', `--name=${containerOf(start)}`, ...place, context.image, ...call];
    },
    bootLine: server === 'namesrv' ? NAMESRV_BOOTED : BROKER_BOOTED,
    logFile: join(folder, 'server.log'),
    signal: (start, signal) => signalContainer(containerOf(start), signal),
  };
  return new ServerProcess(spec);
}

/** Apache's NameServer, in the container. */
export function apacheNamesrv(
  context: ServerContext,
  name: string,
  port: number,
  settings: Settings = {},
): ServerProcess {
  return apache(context, name, 'namesrv', { listenPort: String(port), ...settings });
}

/** Apache's broker, in the container. */
export function apacheBroker(context: ServerContext, options: BrokerOptions, namesrv: string): ServerProcess {
  const settings = {
    ...brokerSettings(options),
    // A JVM that is still warming up on a busy machine keeps requests waiting for longer than the 200 ms it would refuse them after.
    waitTimeMillsInSendQueue: '10000',
    listenPort: String(options.port),
    brokerIP1: HOST,
    namesrvAddr: namesrv,
    storePathRootDir: '/data/store',
    storePathCommitLog: '/data/store/commitlog',
  };
  return apache(context, options.name, 'broker', settings, [
    '--volume',
    `${storeFolderOf(context, options)}:/data/store`,
  ]);
}
