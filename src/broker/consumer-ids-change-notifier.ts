/**
 * Tells the members of a group that it has changed (NOTIFY_CONSUMER_IDS_CHANGED, 40), so that they share out the queues anew at once
 * and not at their next rebalance, up to 20 s later. Main thread. Java: DefaultConsumerIdsChangeListener, Broker2Client.
 */
import type { Clock, TimerHandle } from '../base/clock.js';
import type { Connection } from '../remoting/connection.js';
import { NotifyConsumerIdsChangedRequestHeader } from '../remoting/headers/notify-consumer-ids-changed-request-header.js';
import { createRequest } from '../remoting/remoting-command.js';
import { RequestCode } from '../remoting/request-code.js';
import type { BrokerConfig } from './broker-config.js';

/** Time between two rounds when realTimeNotifyConsumerChange is off. */
const COLLECT_MS = 15_000;

/** What a ConsumerIdsChangeNotifier needs. */
export interface ConsumerIdsChangeNotifierOptions {
  readonly config: Pick<BrokerConfig, 'notifyConsumerIdsChangedEnable' | 'realTimeNotifyConsumerChange'>;
  readonly clock: Clock;
}

/** Sends code 40. */
export class ConsumerIdsChangeNotifier {
  readonly #config: ConsumerIdsChangeNotifierOptions['config'];
  readonly #clock: Clock;
  readonly #collected = new Map<string, readonly Connection[]>();
  #timer: TimerHandle | undefined;

  constructor({ config, clock }: ConsumerIdsChangeNotifierOptions) {
    this.#config = config;
    this.#clock = clock;
  }

  /** Bound, to be handed to the ConsumerManager. */
  readonly notify = (group: string, connections: readonly Connection[]): void => {
    if (!this.#config.notifyConsumerIdsChangedEnable) return;
    if (this.#config.realTimeNotifyConsumerChange) send(group, connections);
    else this.#collect(group, connections);
  };

  /** Sends nothing that was collected. */
  stop(): void {
    this.#timer?.cancel();
    this.#collected.clear();
  }

  #collect(group: string, connections: readonly Connection[]): void {
    if (this.#collected.size === 0) this.#timer = this.#clock.after(COLLECT_MS, () => this.#flush());
    this.#collected.set(group, connections);
  }

  #flush(): void {
    const collected = [...this.#collected];
    this.#collected.clear();
    for (const [group, connections] of collected) send(group, connections);
  }
}

function send(consumerGroup: string, connections: readonly Connection[]): void {
  for (const connection of connections) {
    const header = NotifyConsumerIdsChangedRequestHeader.encode({ consumerGroup });
    connection.invokeOneway(createRequest(RequestCode.NOTIFY_CONSUMER_IDS_CHANGED, header));
  }
}
