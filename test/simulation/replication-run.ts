/**
 * Carries out a history of a master and its slaves: real stores and real HA services over simulated disks and a simulated network. Java: none.
 * Invariant: what a run does follows from its history alone. It ends by itself, or throws the first Violation.
 */
import { SCHEDULE_TOPIC } from '#src/message/delay-level-table.js';

import { FakeClock } from '../fake-clock.js';
import { turns } from './event-loop-turns.js';
import { TOPICS } from './history.js';
import { type SentRecord, Violation } from './ledger.js';
import { Random } from './random.js';
import { checkAnswered, checkCut, checkSame, FollowedLogs, isSame, mayFollow } from './replication-checks.js';
import { BROKER_NAMES, type ReplicationHistory, type ReplicationOperation } from './replication-history.js';
import { destinationOf } from './sent-messages.js';
import type { ReplicationWrappers } from './broker-surroundings.js';
import { SimulatedBroker } from './simulated-broker.js';
import { asViolation, swallowPowerCut } from './simulated-crash.js';
import { SimulatedNetwork } from './simulated-network.js';

/** Things that arrive in one round of `flow`. */
const FLOW_DELIVERIES = 40;
/** Operations that a disk ends in one round. */
const FLOW_DISK_OPERATIONS = 20;
/** Rounds of a second without which everybody should be where the master is: silent connections are left after 20 s, and several may be needed. */
const CONVERGE_SECONDS_MAX = 240;
const CONVERGE_ROUNDS_MAX = 20_000;
/** After so long nothing of a connection that is broken arrives any more. */
const LATE_SECONDS = 25;
/** A message is answered, one way or the other, within so long; connections that are broken are found to be within all attempts. */
const ANSWER_SECONDS = 3;
const ANSWER_ATTEMPTS_MAX = 15;
/** A slave that cannot follow is watched for so long before it is given a new disk. */
const STUCK_SECONDS = 30;
const SECOND_MS = 1000;

/** Carries out all of it; throws a Violation. */
export async function runReplication(history: ReplicationHistory, wrappers: ReplicationWrappers = {}): Promise<void> {
  const failures: unknown[] = [];
  const onRejection = (reason: unknown): void => void failures.push(reason);
  process.on('unhandledRejection', onRejection);
  const run = new ReplicationRun(history, wrappers);
  try {
    await run.start();
    for (const operation of history.operations) {
      await run.carryOut(operation);
      if (failures.length > 0) throw asViolation(failures[0]);
    }
  } finally {
    await run.end();
    process.off('unhandledRejection', onRejection);
  }
}

class ReplicationRun {
  readonly #clock = new FakeClock();
  readonly #network: SimulatedNetwork;
  readonly #brokers: readonly SimulatedBroker[];
  readonly #sent = new Map<number, SentRecord>();
  /** Where the answered messages of the master's log are. */
  readonly #answered = new Set<number>();
  /** Answered, although too few slaves had ever had them. */
  readonly #answeredEarly = new Set<number>();
  readonly #followed = new FollowedLogs();
  readonly #slavesNeeded: number;
  #master: SimulatedBroker;
  #nextId = 1_000_000;

  constructor({ settings }: ReplicationHistory, wrappers: ReplicationWrappers) {
    this.#network = new SimulatedNetwork(settings);
    const shared = {
      settings,
      network: this.#network,
      clock: this.#clock,
      sent: this.#sent,
      wrappers,
      onAnswer: (ids: readonly number[]): void => this.#onAnswer(ids),
    };
    this.#brokers = BROKER_NAMES.slice(0, 1 + settings.slaves).map((name) => new SimulatedBroker(name, shared));
    this.#slavesNeeded = settings.inSyncReplicas - 1;
    this.#master = this.#broker(0);
  }

  async start(): Promise<void> {
    for (const broker of this.#brokers) await this.#start(broker);
  }

  /** Nothing of the run goes on. */
  async end(): Promise<void> {
    for (const broker of this.#brokers) if (broker.isRunning && !broker.disk.isOff) await broker.crash(false, 0, 0);
    await turns();
  }

  async carryOut(operation: ReplicationOperation): Promise<void> {
    try {
      await this.#carryOut(operation);
      await this.#afterOperation();
    } catch (error) {
      throw asViolation(error);
    }
  }

  async #carryOut(operation: ReplicationOperation): Promise<void> {
    switch (operation.kind) {
      case 'send':
        this.#send(operation);
        return;
      case 'work':
        return this.#ifRunning(operation.broker, (broker) => void broker.work());
      case 'take':
        return this.#ifRunning(operation.broker, (broker) => broker.takeResults());
      case 'network':
        this.#network.deliver(operation.count, new Random(operation.seed));
        return turns();
      case 'tick':
        return this.#pass(operation.ms);
      case 'disk':
        return this.#ifRunning(operation.broker, (broker) => this.#workDisk(broker, operation.count));
      case 'flow': {
        const random = new Random(operation.seed);
        for (let round = 0; round < operation.rounds; round++) await this.#flow(random);
        return;
      }
      case 'expire':
        return this.#ifRunning(operation.broker, (broker) => broker.expire(operation.segments));
      case 'cut':
        this.#network.cut(
          this.#nameOf(operation.brokers[0]),
          this.#nameOf(operation.brokers[1]),
          new Random(operation.seed),
        );
        return turns();
      case 'part':
        this.#network.part(this.#nameOf(operation.brokers[0]), this.#nameOf(operation.brokers[1]));
        return;
      case 'heal':
        this.#network.heal();
        return;
      case 'crash':
        return this.#ifRunning(operation.broker, (broker) =>
          broker.crash(operation.isPowerCut, operation.afterCalls, operation.lossSeed),
        );
      case 'start':
        return this.#start(this.#broker(operation.broker));
      case 'restart':
        return this.#restart(this.#broker(operation.broker));
      case 'loseDisk':
        if (this.#broker(operation.broker) !== this.#master) await this.#broker(operation.broker).loseDisk();
        return;
      case 'failover':
        return this.#failOver(operation);
      case 'converge':
        return this.#converge(new Random(operation.seed));
    }
  }

  #broker(index: number): SimulatedBroker {
    const broker = this.#brokers[index % this.#brokers.length];
    if (broker === undefined) throw new Error('a run has brokers');
    return broker;
  }

  #nameOf(index: number): string {
    return this.#broker(index).name;
  }

  get #slaves(): readonly SimulatedBroker[] {
    return this.#brokers.filter((broker) => broker !== this.#master);
  }

  get #connectedSlaves(): readonly SimulatedBroker[] {
    return this.#slaves.filter(({ name }) => this.#network.isConnected(name, this.#master.name));
  }

  async #ifRunning(index: number, act: (broker: SimulatedBroker) => void | Promise<unknown>): Promise<void> {
    const broker = this.#broker(index);
    if (broker.isRunning) await swallowPowerCut(broker, () => act(broker));
  }

  #send({ topic, queueId, messages }: Extract<ReplicationOperation, { kind: 'send' }>): void {
    const [first] = messages;
    if (!this.#master.isRunning || first === undefined) return;
    for (const message of messages) this.#sent.set(message.id, { ...destinationOf(topic, queueId, message), message });
    const destination = destinationOf(topic, queueId, first);
    this.#master.put(
      destination.topic,
      destination.queueId,
      messages.map(({ id }) => id),
    );
  }

  async #pass(ms: number): Promise<void> {
    this.#clock.advance(ms);
    await turns();
    for (const broker of this.#running) await swallowPowerCut(broker, () => broker.tick());
    await turns();
  }

  get #running(): readonly SimulatedBroker[] {
    return this.#brokers.filter((broker) => broker.isRunning && !broker.disk.isOff);
  }

  async #workDisk(broker: SimulatedBroker, count: number): Promise<boolean> {
    let hasWorked = false;
    for (let i = 0; i < count && broker.disk.pendingCount > 0; i++) {
      hasWorked = true;
      await swallowPowerCut(broker, () => broker.disk.completeOne());
      await turns();
      if (!broker.isRunning) break;
      await swallowPowerCut(broker, () => broker.clean());
    }
    return hasWorked;
  }

  /** Everybody does what there is to do; true if there was anything. */
  async #flow(random: Random): Promise<boolean> {
    let hasWorked = false;
    for (const broker of this.#running) {
      await swallowPowerCut(broker, () => {
        if (broker.work()) hasWorked = true;
      });
    }
    await turns();
    for (const broker of this.#running) broker.takeResults();
    if (this.#network.deliver(FLOW_DELIVERIES, random) > 0) hasWorked = true;
    await turns();
    for (const broker of this.#running) if (await this.#workDisk(broker, FLOW_DISK_OPERATIONS)) hasWorked = true;
    await this.#afterOperation();
    return hasWorked;
  }

  async #start(broker: SimulatedBroker): Promise<void> {
    if (broker.isRunning) return;
    await broker.start(broker !== this.#master);
    broker.follow(this.#master);
    if (broker === this.#master && this.#running.includes(broker)) this.#forgetLost();
  }

  async #restart(broker: SimulatedBroker): Promise<void> {
    if (!broker.isRunning) return;
    await broker.stop();
    await this.#start(broker);
  }

  /** A crash is cleared away, a log is cut; then what must hold at any time is looked at. */
  async #afterOperation(): Promise<void> {
    for (const broker of this.#brokers) {
      await broker.endIfOff();
      if (broker.pendingCut !== undefined && broker.isRunning) await this.#cutLog(broker);
      broker.observe();
    }
    this.#followed.check(this.#master, this.#connectedSlaves);
  }

  async #cutLog(broker: SimulatedBroker): Promise<void> {
    const cut = broker.pendingCut;
    broker.pendingCut = undefined;
    if (cut === undefined) return;
    // Without an order to cut it the log is compared again.
    if (!(await broker.stop())) return;
    // The copy is named by the time.
    this.#clock.advance(1);
    const before = broker.image;
    const copies = broker.cutFiles();
    // As ReopeningBroker does when it cannot be cut: what both have was deleted meanwhile.
    const isCuttable = cut.lastRecordOffset >= broker.ledger.logStart;
    await broker.start(true, isCuttable ? cut : undefined);
    broker.follow(this.#master);
    if (broker.isRunning && isCuttable) checkCut(broker, this.#master, { cut, before, copies });
  }

  #onAnswer(ids: readonly number[]): void {
    for (const broker of this.#running) broker.observe();
    for (const id of ids) {
      const record = this.#master.image.records.get(id);
      if (record === undefined)
        throw new Violation('answered-missing', `message ${id} was answered and is not in the master's log`);
      this.#answered.add(id);
      const holders = this.#slaves.filter(({ image, formerImages }) =>
        [image, ...formerImages].some(({ records }) => records.get(id)?.physicalOffset === record.physicalOffset),
      );
      if (holders.length < this.#slavesNeeded) this.#answeredEarly.add(id);
    }
  }

  /** What the master has lost in a power cut is not asked for any more: its own check has found that it may be lost. */
  #forgetLost(): void {
    const { image } = this.#master;
    for (const id of this.#answered) if (!image.records.has(id)) this.#answered.delete(id);
  }

  async #failOver({ end, lossSeed }: Extract<ReplicationOperation, { kind: 'failover' }>): Promise<void> {
    for (const slave of this.#slaves) await this.#startSurely(slave);
    const old = this.#master;
    old.observe();
    const candidates = this.#slaves.filter(({ image }) => image.records.size > 0 && image.agreesWith(old.image));
    const next = candidates.toSorted((one, other) => other.image.endOffset - one.image.endOffset)[0];
    if (next === undefined) return;
    if (end === 'diskLost') await old.loseDisk();
    else if (old.isRunning && end === 'stop') await old.stop();
    else if (old.isRunning) await old.crash(end === 'powerCut', 0, lossSeed);
    await next.stop();
    this.#master = next;
    this.#followed.forget();
    this.#beginQueuesAnew(next);
    const answered = new Set(this.#answered);
    await this.#startSurely(next);
    checkAnswered(next, candidates, answered, this.#answeredEarly);
    for (const slave of this.#slaves) slave.follow(next);
  }

  /** A slave that began late does not know of the queues that had their last message before: as a master it begins them anew. */
  #beginQueuesAnew({ image }: SimulatedBroker): void {
    if (image.startOffset === 0) return;
    const topics = [...TOPICS, SCHEDULE_TOPIC];
    for (const { ledger } of this.#brokers) for (const topic of topics) ledger.deleteTopic(topic, image.endOffset);
  }

  async #startSurely(broker: SimulatedBroker): Promise<void> {
    broker.disarm();
    await broker.endIfOff();
    while (!broker.isRunning) await this.#start(broker);
  }

  async #converge(random: Random): Promise<void> {
    this.#network.heal();
    await this.#startSurely(this.#master);
    for (const slave of this.#slaves) await this.#startSurely(slave);
    if (!(await this.#untilSame(random, LATE_SECONDS))) {
      for (const slave of this.#slaves) if (!mayFollow(slave, this.#master)) await this.#replaceStuck(slave, random);
    }
    await this.#converged(random);
    if (this.#slavesNeeded > 0) await this.#checkAnswers(random);
    await this.#converged(random);
    for (const broker of this.#brokers) {
      await broker.stop();
      await this.#startSurely(broker);
    }
    for (const slave of this.#slaves) checkSame(slave, this.#master);
    const [early] = this.#answeredEarly;
    if (early !== undefined)
      throw new Violation('answered-too-early', `message ${early} was answered before enough slaves had it`);
  }

  /** False when it takes longer than that. */
  async #untilSame(random: Random, secondsMax: number): Promise<boolean> {
    let seconds = 0;
    for (let round = 0; round < CONVERGE_ROUNDS_MAX && seconds < secondsMax; round++) {
      if (await this.#flow(random)) continue;
      if (this.#slaves.every((slave) => isSame(slave, this.#master))) return true;
      seconds++;
      await this.#pass(SECOND_MS);
    }
    return false;
  }

  async #converged(random: Random): Promise<void> {
    if (await this.#untilSame(random, CONVERGE_SECONDS_MAX)) return;
    const ends = this.#brokers.map(({ name, image }) => `${name} ${image.startOffset} to ${image.endOffset}`);
    throw new Violation(
      'does-not-converge',
      `after ${CONVERGE_SECONDS_MAX} s: ${ends.join(', ')}; the master is ${this.#master.name}`,
    );
  }

  /** A slave that has nothing in common with its master is left as it is, until somebody takes its disk away. */
  async #replaceStuck(slave: SimulatedBroker, random: Random): Promise<void> {
    const before = slave.image;
    const { endOffset } = before;
    for (let seconds = 0; seconds < STUCK_SECONDS; seconds++) {
      while (await this.#flow(random)) continue;
      await this.#pass(SECOND_MS);
    }
    if (slave.image !== before || slave.image.endOffset !== endOffset) {
      throw new Violation('cut-too-much', `${slave.name} had nothing in common with its master, and is not as it was`);
    }
    await slave.loseDisk();
    await this.#startSurely(slave);
  }

  /** With everybody there, messages are answered again. */
  async #checkAnswers(random: Random): Promise<void> {
    for (let attempt = 0; attempt < ANSWER_ATTEMPTS_MAX; attempt++) if (await this.#isAnswered(random)) return;
    throw new Violation('does-not-converge', 'no message is answered although all slaves are there');
  }

  async #isAnswered(random: Random): Promise<boolean> {
    const message = { id: this.#nextId++, bodyBytes: 100, paddingBytes: 0, keyCount: 1, tag: undefined, delayLevel: 0 };
    this.#send({ kind: 'send', topic: 'alpha', queueId: 0, messages: [message] });
    while (await this.#flow(random)) continue;
    for (let seconds = 0; seconds < ANSWER_SECONDS && !this.#answered.has(message.id); seconds++) {
      await this.#pass(SECOND_MS);
      while (await this.#flow(random)) continue;
    }
    return this.#answered.has(message.id);
  }
}
