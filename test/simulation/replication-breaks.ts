/**
 * Ways to break replication on purpose: what brokers do is changed on its way to the disk, the network or the clients, or a step is left out. Java: none.
 * Invariant: with good links and without crashes each of them behaves as it should, so that only a simulation finds it.
 */
import type { FileSystem } from '#src/commitlog/file-system.js';
import { AgreementSearch } from '#src/ha/agreement-search.js';
import { encodeReport, TransferReader } from '#src/ha/ha-frame.js';
import type { HaNetwork, HaSocket } from '#src/ha/ha-network.js';

import { override } from './breaks.js';
import type { ViolationKind } from './ledger.js';
import type { ReplicationWrappers } from './broker-surroundings.js';
import type { SimulatedDisk } from './simulated-disk.js';
import type { SimulatedHost } from './simulated-network.js';

/** One way. */
export interface ReplicationBreak {
  readonly name: string;
  readonly wrappers: ReplicationWrappers;
  /** What the simulation calls it. */
  readonly kind: ViolationKind;
  /** Put in force, and taken back. */
  readonly install?: () => () => void;
}

/** All of them. */
export const REPLICATION_BREAKS: readonly ReplicationBreak[] = [
  {
    name: 'the slave acknowledges what it has received',
    wrappers: { network: (host, isSlave) => (isSlave ? acknowledgingAtOnce(host) : host) },
    kind: 'acknowledged-too-early',
  },
  {
    name: 'the slave acknowledges before the disk has it',
    wrappers: { files: (disk, isSlave) => (isSlave ? withoutSync(disk) : disk) },
    kind: 'acknowledged-missing',
  },
  {
    name: 'SYNC_MASTER answers without its slaves, whose master is lost',
    wrappers: { answersAtOnce: true },
    kind: 'answered-missing',
  },
  {
    name: 'SYNC_MASTER answers without its slaves, whose master is not lost',
    wrappers: { answersAtOnce: true },
    kind: 'answered-too-early',
  },
  {
    name: 'a slave with another log is not compared and not cut',
    wrappers: {},
    kind: 'does-not-converge',
    install: compareNothing,
  },
  {
    name: 'a byte is lost when a slave connects again',
    wrappers: { network: (host, isSlave) => (isSlave ? losingByte(host) : host) },
    kind: 'does-not-converge',
  },
  {
    name: 'what is cut off is not kept',
    wrappers: { files: withoutCopies },
    kind: 'cut-not-kept',
  },
];

function withoutSync(disk: SimulatedDisk): FileSystem {
  return override(disk, { fdatasync: () => undefined });
}

/** The copy has its size, and zeros. */
function withoutCopies(disk: SimulatedDisk): FileSystem {
  const copies = new Set<number>();
  return override(disk, {
    open: (path, mode) => {
      const file = disk.open(path, mode);
      if (path.includes('/cut/')) copies.add(file);
      return file;
    },
    pwrite: (file, source, start, length, position) => {
      if (!copies.has(file)) return disk.pwrite(file, source, start, length, position);
      return disk.pwrite(file, Buffer.alloc(length), 0, length, position);
    },
  });
}

/** The network of a process, with what `onData` makes of the bytes that come. */
function receiving(host: SimulatedHost, makeOnData: (socket: HaSocket) => (chunk: Buffer) => Buffer): HaNetwork {
  return {
    listen: (options) => host.listen(options),
    connect: (name) => {
      const socket = host.connect(name);
      const onData = makeOnData(socket);
      const on = socket.on.bind(socket);
      socket.on = (event, listener) => {
        if (event !== 'data') return on(event, listener);
        return on('data', (chunk) => (listener as (bytes: Buffer) => void)(onData(chunk)));
      };
      return socket;
    },
  };
}

function acknowledgingAtOnce(host: SimulatedHost): HaNetwork {
  return receiving(host, (socket) => {
    let end = 0;
    const reader = new TransferReader({
      onHeader: (physicalOffset) => void (end = physicalOffset),
      onBody: (chunk) => {
        end += chunk.length;
        return chunk.length;
      },
    });
    return (chunk) => {
      reader.read(chunk);
      socket.write(encodeReport(end));
      return chunk;
    };
  });
}

/** From the second connection on, the first byte after the first header does not come. */
function losingByte(host: SimulatedHost): HaNetwork {
  let connections = 0;
  return receiving(host, () => {
    const isFirst = connections++ === 0;
    let received = 0;
    const lostAt = 30;
    return (chunk) => {
      const at = lostAt - received;
      received += chunk.length;
      if (isFirst || at < 0 || at >= chunk.length) return chunk;
      return Buffer.concat([chunk.subarray(0, at), chunk.subarray(at + 1)]);
    };
  });
}

/** A slave goes on where its log ends, whatever is in it. */
function compareNothing(): () => void {
  const { begin, isComparing } = Object.getOwnPropertyDescriptors(AgreementSearch.prototype);
  AgreementSearch.prototype.begin = (endOffset) => endOffset;
  AgreementSearch.prototype.isComparing = () => false;
  return () => void Object.defineProperties(AgreementSearch.prototype, { begin, isComparing });
}
