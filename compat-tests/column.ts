/** One column of the matrix: a client through all the cases, one after another, each against the servers that it names. */
import { join } from 'node:path';
import { ActingCluster } from './acting-cluster.js';
import { type CompatCase, whyNotApplicable } from './cases/compat-case.js';
import { ClientDriver, type Outcome } from './client-driver.js';
import type { Client } from './client-table.js';
import { Cluster } from './cluster.js';
import { HandoverCluster, type HandoverMakers } from './handover-cluster.js';
import { ReplicatedCluster, type ReplicationMakers } from './replicated-cluster.js';
import { deleteExpiredCommitLog } from './delete-expired.js';
import type { SharedClusters } from './shared-clusters.js';

const CASE_LIMIT_MS = 150_000;

/** A cell of the matrix. */
export interface Cell extends Outcome {
  readonly client: Client;
  readonly compatCase: CompatCase;
  readonly kind: 'passed' | 'failed' | 'not applicable';
}

/** Runs the cases and hands over each cell as soon as it is known. */
export async function runColumn(
  clusters: SharedClusters,
  client: Client,
  cases: readonly CompatCase[],
  onCell: (cell: Cell) => void,
): Promise<void> {
  const { image, workFolder } = clusters.context;
  const drivers = new Map<string, ClientDriver>();
  const driverFor = (compatCase: CompatCase): ClientDriver => {
    const serialisation = compatCase.serialisation ?? 'JSON';
    const logFile = join(workFolder, `${client.id}-${serialisation}.log`);
    const driver = drivers.get(serialisation) ?? new ClientDriver(image, client, serialisation, logFile);
    drivers.set(serialisation, driver);
    return driver;
  };
  for (const compatCase of cases) {
    const reason = whyNotApplicable(compatCase, client);
    if (reason !== undefined) {
      onCell({ client, compatCase, kind: 'not applicable', passed: true, detail: reason });
      continue;
    }
    const outcome = await runCase(clusters, client, compatCase, driverFor(compatCase));
    onCell({ client, compatCase, kind: outcome.passed ? 'passed' : 'failed', ...outcome });
  }
  for (const driver of drivers.values()) await driver.stop();
}

async function runCase(
  clusters: SharedClusters,
  client: Client,
  compatCase: CompatCase,
  driver: ClientDriver,
): Promise<Outcome> {
  const id = `${client.id}-${compatCase.name}`.replaceAll('.', '');
  const makers = clusters.replicationMakers(compatCase.cluster);
  if (makers !== undefined) return runReplicated(clusters, makers, id, compatCase, driver);
  const handover = clusters.handoverMakers(compatCase.cluster);
  if (handover !== undefined) return runHandover(clusters, handover, id, compatCase, driver);
  const isOwn = compatCase.cluster === 'own';
  let own: Cluster | undefined;
  try {
    if (isOwn) own = await Cluster.start(clusters.context, clusters.target, id, compatCase.settings);
    const cluster = own ?? (await clusters.get(compatCase.cluster));
    const line = `${compatCase.run ?? compatCase.name} id=${id} namesrv=${cluster.namesrv} broker=${cluster.broker}`;
    return await driver.run(line, compatCase.timeoutMs ?? CASE_LIMIT_MS, async (action) => {
      if (action === 'delete expired' && isOwn) return deleteExpiredCommitLog(cluster.broker);
      const signal = /^restart (SIGTERM|SIGKILL)$/.exec(action)?.[1];
      if (signal === undefined || !isOwn) throw new Error(`the case asked for '${action}', which it may not`);
      return cluster.restart(signal as NodeJS.Signals);
    });
  } catch (cause) {
    return { passed: false, detail: cause instanceof Error ? cause.message : String(cause) };
  } finally {
    await own?.stop();
  }
}

async function runReplicated(
  clusters: SharedClusters,
  makers: ReplicationMakers,
  id: string,
  compatCase: CompatCase,
  driver: ClientDriver,
): Promise<Outcome> {
  const isActing = compatCase.cluster?.startsWith('acting') === true;
  let cluster: ReplicatedCluster | ActingCluster | undefined;
  try {
    const kind = isActing ? ActingCluster : ReplicatedCluster;
    cluster = await kind.start(clusters.context, makers, id, compatCase.settings);
    const { namesrv, broker, slave } = cluster;
    const other = cluster instanceof ActingCluster ? ` other=${cluster.other}` : '';
    const line = `${compatCase.run ?? compatCase.name} id=${id} namesrv=${namesrv} broker=${broker} slave=${slave}${other}`;
    const act = cluster.act.bind(cluster);
    return await driver.run(line, compatCase.timeoutMs ?? CASE_LIMIT_MS, act);
  } catch (cause) {
    return { passed: false, detail: cause instanceof Error ? cause.message : String(cause) };
  } finally {
    await cluster?.stop();
  }
}

async function runHandover(
  clusters: SharedClusters,
  makers: HandoverMakers,
  id: string,
  compatCase: CompatCase,
  driver: ClientDriver,
): Promise<Outcome> {
  let cluster: HandoverCluster | undefined;
  try {
    cluster = await HandoverCluster.start(clusters.context, makers, id, compatCase.settings, compatCase.secondSettings);
    const { namesrv, broker, brokerV6, oldGroup } = cluster;
    const hasSameMaker = makers.first === makers.second;
    const servers = `namesrv=${namesrv} broker=${broker} brokerV6=${brokerV6} makers=${hasSameMaker ? 'same' : 'both'}`;
    const line = `${compatCase.run ?? compatCase.name} id=${id} oldGroup=${oldGroup} ${servers}`;
    const { passed, detail } = await driver.run(line, compatCase.timeoutMs ?? CASE_LIMIT_MS, cluster.act.bind(cluster));
    return { passed, detail: [detail, ...cluster.findings].join('; ') };
  } catch (cause) {
    return { passed: false, detail: cause instanceof Error ? cause.message : String(cause) };
  } finally {
    await cluster?.stop();
  }
}
