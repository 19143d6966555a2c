/**
 * Whether the address that clients will be given is one that they can reach: the trouble most often met with brokers in containers.
 * Main thread. Java: none (apache/rocketmq#6631).
 */
import { existsSync, readFileSync } from 'node:fs';
import { lookup } from 'node:dns/promises';
import { hostname, networkInterfaces } from 'node:os';

/** What is known of where the broker runs. */
export interface Surroundings {
  readonly inContainer: boolean;
  readonly hostName: string;
  /** This machine's addresses but loopback. */
  readonly ownAddresses: readonly string[];
  readonly canResolve: (host: string) => Promise<boolean>;
}

const LOOPBACK = /^(localhost|127\..*|\[?::1\]?)$/i;
const CONTAINER_FILES = ['/.dockerenv', '/run/.containerenv'];
const CONTAINER_GROUPS = /docker|containerd|kubepods|libpod|lxc/;

/** The surroundings of this process. */
export function readSurroundings(env: Readonly<Record<string, string | undefined>>): Surroundings {
  return {
    inContainer:
      CONTAINER_FILES.some((path) => existsSync(path)) || 'KUBERNETES_SERVICE_HOST' in env || hasContainerGroup(),
    hostName: hostname(),
    ownAddresses: Object.values(networkInterfaces())
      .flatMap((addresses) => addresses ?? [])
      .filter(({ internal }) => !internal)
      .map(({ address }) => address),
    canResolve: async (host) => (await lookup(host).catch(() => undefined)) !== undefined,
  };
}

/** What to warn of, or undefined when nothing speaks against `host`. */
export async function adviseOnHost(host: string, surroundings: Surroundings): Promise<string | undefined> {
  const { inContainer, hostName, ownAddresses, canResolve } = surroundings;
  const remedy = 'set brokerIP1 (--advertised-host) and, for a mapped port, advertisedPort to what clients can reach';
  const bare = host.replace(/^\[|\]$/g, '');
  if (inContainer && LOOPBACK.test(host)) {
    return `clients are told ${host}: that is reached only from this container, and from its host if the port is mapped to the same number; ${remedy}`;
  }
  if (inContainer && (ownAddresses.includes(bare) || host === hostName)) {
    return `clients are told ${host}: that is an address of this container, which clients outside its network cannot reach; ${remedy}`;
  }
  if (!(await canResolve(bare))) return `clients are told ${host}: that name cannot be resolved here; ${remedy}`;
  return undefined;
}

function hasContainerGroup(): boolean {
  try {
    return CONTAINER_GROUPS.test(readFileSync('/proc/1/cgroup', 'utf8'));
  } catch {
    // Not Linux, or /proc is hidden: then nothing is known, and nothing is warned of.
    return false;
  }
}
