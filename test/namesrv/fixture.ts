/** What the tests of the NameServer share: a configuration in a folder of its own, and registrations. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigStore } from '#src/base/config-store.js';
import { createLogger, type Logger } from '#src/base/log.js';
import { namesrvConfigSchema } from '#src/namesrv/namesrv-config.js';
import type { NamesrvConfigStore } from '#src/namesrv/namesrv-config-loader.js';
import type { BrokerRegistration } from '#src/namesrv/route-info-manager.js';
import type { Connection } from '#src/remoting/connection.js';
import { TopicConfig } from '#src/remoting/bodies/topic-config-serialize-wrapper.js';
import type { RegisterBrokerRequestHeader } from '#src/remoting/headers/register-broker-request-header.js';

/** Says nothing. */
export const silent: Logger = createLogger('test', 'silent');

const folders: string[] = [];

/** A folder that {@link removeFolders} takes away. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ringmq-namesrv-'));
  folders.push(folder);
  return folder;
}

/** For `after`. */
export function removeFolders(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}

/** A configuration whose files are in a temporary folder. */
export function configStore(settings: Record<string, string> = {}): NamesrvConfigStore {
  const homeDirectory = temporaryFolder();
  const entries = new Map(Object.entries({ listenPort: '0', bindAddress: '127.0.0.1', ...settings }));
  return new ConfigStore(namesrvConfigSchema, [{ source: 'the test', entries }], {
    hostName: 'host',
    localAddress: '127.0.0.1',
    homeDirectory,
  });
}

/** What a test may say of a registration. */
export interface RegistrationValues extends Partial<RegisterBrokerRequestHeader> {
  readonly topics?: Readonly<Record<string, number>>;
  readonly counter?: number;
  readonly stateVersion?: number;
  readonly zoneName?: string;
}

/** A registration of broker-a in DefaultCluster, its topics given with their number of queues. */
export function registration(connection: Connection, values: RegistrationValues = {}): BrokerRegistration {
  const { topics = { A: 4, B: 4 }, counter = 1, stateVersion = 0, zoneName, ...header } = values;
  const topicConfigTable = new Map(
    Object.entries(topics).map(([topicName, queues]): [string, TopicConfig] => [
      topicName,
      TopicConfig.read({ topicName, readQueueNums: queues, writeQueueNums: queues }),
    ]),
  );
  return {
    header: {
      brokerName: 'broker-a',
      brokerAddr: '127.0.0.1:10911',
      clusterName: 'DefaultCluster',
      haServerAddr: '127.0.0.1:10912',
      brokerId: 0,
      enableActingMaster: false,
      compressed: false,
      bodyCrc32: 0,
      ...header,
    },
    zoneName,
    body: {
      filterServerList: [],
      topicConfigSerializeWrapper: { dataVersion: { counter, stateVersion, timestamp: 1 }, topicConfigTable },
    },
    connection,
  };
}
