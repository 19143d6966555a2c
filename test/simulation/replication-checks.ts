/**
 * What must hold between a master and its slaves. Java: none.
 * Invariant: a check that fails throws a Violation that names its kind; none of them changes anything.
 */
import type { LogCut } from '#src/commitlog/log-cut.js';

import { Violation } from './ledger.js';
import type { LogImage } from './log-image.js';
import type { SimulatedBroker } from './simulated-broker.js';

/** Once a slave's log is the beginning of its master's it stays so, as long as the master's loses nothing. */
export class FollowedLogs {
  #master: LogImage | undefined;
  /** How far a slave's log was found to be the master's. */
  readonly #agreed = new Map<LogImage, number>();

  /** There is another master. */
  forget(): void {
    this.#master = undefined;
    this.#agreed.clear();
  }

  /** `observe` was called for all of them, and `slaves` are those that are connected: others may be sent what a master before has lost. */
  check({ image: master }: SimulatedBroker, slaves: readonly SimulatedBroker[]): void {
    if (this.#master !== master) this.forget();
    this.#master = master;
    const connected = new Set(slaves.map(({ image }) => image));
    for (const image of this.#agreed.keys()) if (!connected.has(image)) this.#agreed.delete(image);
    for (const { name, image } of slaves) {
      const from = this.#agreed.get(image) ?? 0;
      if (image.endOffset > master.endOffset) {
        if (this.#agreed.has(image))
          throw new Violation('not-a-prefix', `${name} goes to ${image.endOffset}, its master to ${master.endOffset}`);
        continue;
      }
      if (image.agreesWith(master, from)) this.#agreed.set(image, image.endOffset);
      else if (this.#agreed.has(image)) {
        throw new Violation(
          'not-a-prefix',
          `${name}, which was its master's up to ${from}, has other bytes before ${image.endOffset}`,
        );
      }
    }
  }
}

/** A slave can follow if both have a record at the first place where both logs have a segment's beginning. */
export function mayFollow({ image: slave, minOffset }: SimulatedBroker, master: SimulatedBroker): boolean {
  if (slave.records.size === 0) return true;
  const from = Math.max(minOffset, master.minOffset);
  return from < slave.endOffset && slave.agreedEnd(master.image, from) > from;
}

/** The logs are the same, from the slave's first byte on; one that is empty begins with the master's next segment. */
export function isSame({ image }: SimulatedBroker, { image: master }: SimulatedBroker): boolean {
  if (image.records.size === 0 && master.isAtSegmentStart) return true;
  return image.endOffset === master.endOffset && image.agreesWith(master);
}

/** Throws when they are not. */
export function checkSame(slave: SimulatedBroker, masterBroker: SimulatedBroker): void {
  if (isSame(slave, masterBroker)) return;
  const { name, image } = slave;
  const { image: master } = masterBroker;
  throw new Violation('not-a-prefix', `${name} ends at ${image.endOffset}, its master at ${master.endOffset}`);
}

/** What was cut off, from what. */
export interface MadeCut {
  readonly cut: LogCut;
  readonly before: LogImage;
  /** The copies that there were. */
  readonly copies: ReadonlyMap<string, Buffer>;
}

/** Nothing was cut that the master has, and what was cut is kept. */
export function checkCut(slave: SimulatedBroker, master: SimulatedBroker, { cut, before, copies }: MadeCut): void {
  const { fromOffset, lastRecordOffset, endOffset } = cut;
  const agreedEnd = before.agreedEnd(master.image, lastRecordOffset);
  if (agreedEnd > fromOffset) {
    throw new Violation(
      'cut-too-much',
      `${slave.name} was cut at ${fromOffset}, its master has the same to ${agreedEnd}`,
    );
  }
  if (slave.image.endOffset !== fromOffset) {
    throw new Violation(
      'cut-too-much',
      `${slave.name} was to be cut at ${fromOffset}, it ends at ${slave.image.endOffset}`,
    );
  }
  const [copy] = [...slave.cutFiles()].flatMap(([name, bytes]) => (copies.has(name) ? [] : [bytes]));
  if (copy?.equals(before.slice(fromOffset, endOffset)) !== true) {
    throw new Violation(
      'cut-not-kept',
      `${endOffset - fromOffset} bytes of ${slave.name} were cut off, ${copy?.length ?? 0} are kept`,
    );
  }
}

/** A new master has what was answered, unless no slave had it any more. `early`: answered before it was on enough slaves. */
export function checkAnswered(
  master: SimulatedBroker,
  slaves: readonly SimulatedBroker[],
  answered: ReadonlySet<number>,
  early: ReadonlySet<number>,
): void {
  for (const id of answered) {
    if (master.image.records.has(id)) continue;
    const holder = slaves.find(
      ({ image }) => (image.records.get(id)?.physicalOffset ?? -1) >= master.image.startOffset,
    );
    if (holder === undefined && !early.has(id)) continue;
    const where = holder === undefined ? 'no slave ever had it' : `${holder.name} has it`;
    throw new Violation(
      'answered-missing',
      `message ${id} was answered, and is not in the log of ${master.name}, the new master: ${where}`,
    );
  }
}
