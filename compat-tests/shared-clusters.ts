/** The servers that several cases and clients use together: each kind is started once, when first asked for, and stopped at the end. */
import type { CaseCluster } from './cases/compat-case.js';
import { Cluster, type Makers } from './cluster.js';
import type { HandoverMakers } from './handover-cluster.js';
import type { ReplicationMakers } from './replicated-cluster.js';
import type { ServerContext } from './servers.js';

/** See the file's comment. */
export class SharedClusters {
  readonly context: ServerContext;
  readonly target: 'ringmq' | 'apache';
  readonly #started = new Map<Makers, Promise<Cluster>>();

  constructor(context: ServerContext, target: 'ringmq' | 'apache') {
    this.context = context;
    this.target = target;
  }

  get(kind: CaseCluster = 'shared'): Promise<Cluster> {
    // Against Apache alone there is nothing to mix: the case is proved on Apache's two servers.
    const isMixed = this.target === 'ringmq' && (kind === 'apache-broker' || kind === 'apache-namesrv');
    const makers: Makers = isMixed ? kind : this.target;
    const cluster = this.#started.get(makers) ?? Cluster.start(this.context, makers, `shared-${makers}`);
    this.#started.set(makers, cluster);
    return cluster;
  }

  /** Who makes a replicated cluster of this kind; undefined for the other kinds. */
  replicationMakers(kind: CaseCluster | undefined): ReplicationMakers | undefined {
    const { target } = this;
    if (kind === 'replicated' || kind === 'acting') return { namesrv: target, master: target, slave: target };
    if (kind === 'apache-slave' || kind === 'acting-apache-slave')
      return { namesrv: target, master: target, slave: 'apache' };
    if (kind === 'apache-master' || kind === 'acting-apache-master')
      return { namesrv: 'apache', master: 'apache', slave: target };
    return undefined;
  }

  /** Who has the store of a handover first, and who then; undefined for the other kinds. */
  handoverMakers(kind: CaseCluster | undefined): HandoverMakers | undefined {
    const { target } = this;
    if (kind === 'from-apache') return { first: 'apache', second: target };
    if (kind === 'to-apache') return { first: target, second: 'apache' };
    return undefined;
  }

  async stop(): Promise<void> {
    const started = await Promise.allSettled(this.#started.values());
    for (const cluster of started) if (cluster.status === 'fulfilled') await cluster.value.stop();
  }
}
