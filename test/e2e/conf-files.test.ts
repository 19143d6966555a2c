/** The clusters under `conf`: each set starts from its files, and the NameServer then names every broker where it should be. */
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import * as assert from 'uvu/assert';

import { systemClock } from '#src/base/clock.js';
import { createLogger } from '#src/base/log.js';
import { loadNamesrvConfig } from '#src/namesrv/namesrv-config-loader.js';
import { NamesrvController } from '#src/namesrv/namesrv-controller.js';
import { RequestCode } from '#src/remoting/request-code.js';

import { suite } from '../suite.js';
import { startBrokerAlone } from './broker-process.js';
import { TestClient } from './test-client.js';

const CONF = fileURLToPath(new URL('../../../conf', import.meta.url));
const test = suite('conf files');

interface Conf {
  readonly path: string;
  readonly values: Readonly<Record<string, string>>;
}

function confsOf(set: string): Conf[] {
  return readdirSync(join(CONF, set)).map((name) => {
    const path = join(CONF, set, name);
    const lines = readFileSync(path, 'utf8').split('\n');
    const pairs = lines.flatMap((line) => (/^\w+=/.test(line) ? [line.split('=', 2) as [string, string]] : []));
    return { path, values: Object.fromEntries(pairs) };
  });
}

/** What GET_BROKER_CLUSTER_INFO tells: the ids that each name has, by cluster. */
async function brokersOf(client: TestClient): Promise<Record<string, string[]>> {
  const { body } = await client.invoke(RequestCode.GET_BROKER_CLUSTER_INFO, {});
  // Ids are bare integers there.
  const json = (body?.toString() ?? '').replaceAll(/([{,])(\d+):/g, '$1"$2":');
  const { brokerAddrTable, clusterAddrTable } = JSON.parse(json) as {
    brokerAddrTable: Record<string, { brokerAddrs: Record<string, string> }>;
    clusterAddrTable: Record<string, string[]>;
  };
  assert.equal(clusterAddrTable['DefaultCluster']?.toSorted(), Object.keys(brokerAddrTable).toSorted());
  return Object.fromEntries(
    Object.entries(brokerAddrTable).map(([name, { brokerAddrs }]) => [name, Object.keys(brokerAddrs).toSorted()]),
  );
}

for (const { set, brokers, role } of [
  { set: '2m-noslave', brokers: { 'broker-a': ['0'], 'broker-b': ['0'] }, role: 'ASYNC_MASTER' },
  { set: '2m-2s-async', brokers: { 'broker-a': ['0', '1'], 'broker-b': ['0', '1'] }, role: 'ASYNC_MASTER' },
  { set: '2m-2s-sync', brokers: { 'broker-a': ['0', '1'], 'broker-b': ['0', '1'] }, role: 'SYNC_MASTER' },
]) {
  test(`${set}: all start from their files, and the cluster list is right`, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'ringmq-conf-'));
    const logger = createLogger('namesrv', 'silent');
    const entries = new Map(Object.entries({ listenPort: '0', bindAddress: '127.0.0.1' }));
    const config = loadNamesrvConfig([{ source: 'the test', entries }], logger);
    const namesrv = new NamesrvController({ config, logger, clock: systemClock });
    const namesrvAddress = `127.0.0.1:${(await namesrv.start()).port}`;
    const confs = confsOf(set);
    const started = await Promise.all(
      confs.map(({ path }, i) => startBrokerAlone(join(folder, String(i)), namesrvAddress, {}, path)),
    );
    const client = new TestClient(namesrvAddress);
    assert.equal(await brokersOf(client), brokers);
    for (const [i, { address }] of started.entries()) {
      const broker = new TestClient(address);
      const { body } = await broker.invoke(RequestCode.GET_BROKER_CONFIG, {});
      const shown = body?.toString() ?? '';
      assert.match(shown, `brokerRole=${confs[i]?.values['brokerId'] === '0' ? role : 'SLAVE'}\n`);
      await broker.close();
    }
    await client.close();
    for (const { child } of started) {
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      await exited;
    }
    await namesrv.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test(`${set}: ports and folders are apart, so that all start on one machine`, () => {
    const confs = confsOf(set).map(({ values }) => values);
    const ports = confs.flatMap(({ listenPort }) => [-2, 0, 1].map((distance) => Number(listenPort) + distance));
    assert.is(new Set(ports).size, ports.length);
    assert.ok(ports.every((port) => port > 1024 && port !== 9876));
    assert.is(new Set(confs.map(({ storePathRootDir }) => storePathRootDir)).size, confs.length);
    assert.ok(confs.every(({ namesrvAddr }) => namesrvAddr === '127.0.0.1:9876'));
  });
}

test.run();
