/** The schedule service over a store in memory and a clock that the test moves. Java: none. */
import { createLogger } from '#src/base/log.js';
import { DelayOffsetTable } from '#src/broker/schedule/delay-offset-table.js';
import { toDelayedMessage } from '#src/broker/schedule/delayed-message.js';
import { ScheduleMessageService } from '#src/broker/schedule/schedule-message-service.js';
import { DelayLevelTable, SCHEDULE_TOPIC } from '#src/message/delay-level-table.js';
import { FakeClock } from '../../fake-clock.js';
import { MemoryMessageStore } from '../memory-message-store.js';
import { turn } from '../message-broker.js';

const TURNS_UNTIL_QUIET = 12;

/** One broker's delays: 1 s, 5 s and 1 h unless the test says otherwise. */
export class ScheduledBroker {
  readonly clock: FakeClock;
  readonly store: MemoryMessageStore;
  readonly offsets: DelayOffsetTable;
  readonly service: ScheduleMessageService;
  readonly levels: DelayLevelTable;
  /** Lines that were logged. */
  readonly logged: string[] = [];

  /** `before` is a broker whose store and clock this one takes over, as after a restart. */
  constructor(levels = '1s 5s 1h', before?: ScheduledBroker) {
    this.clock = before?.clock ?? new FakeClock();
    this.store = before?.store ?? new MemoryMessageStore(this.clock);
    this.offsets = new DelayOffsetTable(this.clock);
    this.levels = DelayLevelTable.parse(levels);
    this.store.delayLevels = this.levels;
    this.service = new ScheduleMessageService({
      store: this.store,
      delayLevels: this.levels,
      offsets: this.offsets,
      clock: this.clock,
      logger: createLogger('test', 'warn', (line) => this.logged.push(line)),
    });
    this.store.setArrivalListener((topic, queueId) => {
      if (topic === SCHEDULE_TOPIC) this.service.messageArrived(queueId);
    });
  }

  /** Starts the service and lets it come to rest. */
  start(): Promise<void> {
    this.service.start();
    return this.rest();
  }

  /** Stores `count` delayed messages whose bodies are their numbers from `first` on. */
  async send(level: number, count = 1, first = 0, topic = 'T', queueId = 0): Promise<void> {
    for (let i = first; i < first + count; i++) this.#put(level, String(i), topic, queueId);
    await this.rest();
  }

  /** Moves the clock in steps, letting everything happen that is due. */
  async pass(ms: number, stepMs = ms): Promise<void> {
    for (let passed = 0; passed < ms; passed += stepMs) {
      this.clock.advance(Math.min(stepMs, ms - passed));
      await this.rest();
    }
  }

  /** Lets everything happen that is only waiting for its turn. */
  async rest(): Promise<void> {
    let puts = -1;
    for (let quiet = 0; quiet < TURNS_UNTIL_QUIET; quiet++) {
      await turn();
      if (this.store.puts.length !== puts) quiet = 0;
      puts = this.store.puts.length;
    }
  }

  /** Bodies of what was put under its own topic, in the order of the puts. */
  delivered(): string[] {
    return this.store.puts
      .filter(({ topic }) => topic !== SCHEDULE_TOPIC)
      .map(({ body }) => Buffer.from(body).toString());
  }

  #put(level: number, body: string, topic: string, queueId: number): void {
    const message = {
      topic,
      queueId,
      flag: 0,
      sysFlag: 0,
      bornTimestampMs: 1,
      bornHost: Buffer.from([127, 0, 0, 1, 0, 0, 0xc3, 0x50]),
      reconsumeTimes: 0,
      preparedTransactionOffset: 0,
      body: Buffer.from(body),
      properties: `DELAY\u0001${level}\u0002`,
    };
    this.store.putMessage(toDelayedMessage(message, this.levels.maxLevel), () => undefined);
  }
}

/** `0` to `count - 1`, as `send` writes them. */
export function numbers(count: number, first = 0): string[] {
  return Array.from({ length: count }, (_, i) => String(first + i));
}
