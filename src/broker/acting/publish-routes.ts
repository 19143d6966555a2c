/**
 * Where a topic can be written: the queues of its masters, asked of a NameServer. Main thread. Java: TopicRouteInfoManager, TopicPublishInfo.
 * Invariant: at most one question for a topic is under way; an answer is used for {@link ROUTE_LIFE_MS}, an empty one not at all.
 */
import type { Clock } from '../../base/clock.js';
import type { Logger } from '../../base/log.js';
import { TopicRouteData } from '../../remoting/bodies/topic-route-data.js';
import { GetRouteInfoRequestHeader } from '../../remoting/headers/get-route-info-request-header.js';
import type { RemotingClient } from '../../remoting/remoting-client.js';
import { createRequest } from '../../remoting/remoting-command.js';
import { RequestCode } from '../../remoting/request-code.js';
import { ResponseCode } from '../../remoting/response-code.js';
import { reasonOf } from '../namesrv-link.js';
import { PERM } from '../topic-config.js';
import { MASTER_ID } from './min-broker.js';

/** Java: loadBalancePollNameServerInterval. */
const ROUTE_LIFE_MS = 30_000;
/** Java: GET_TOPIC_ROUTE_TIMEOUT. */
const ASK_TIMEOUT_MS = 3_000;

/** A queue that can be written. */
export interface PublishQueue {
  readonly brokerName: string;
  readonly brokerAddr: string;
  readonly queueId: number;
}

/** What PublishRoutes needs. */
export interface PublishRoutesOptions {
  readonly client: Pick<RemotingClient, 'invoke'>;
  readonly namesrvAddresses: () => readonly string[];
  /** Whose queues are left out: this broker's own. */
  readonly brokerName: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface Known {
  readonly queues: readonly PublishQueue[];
  readonly untilMs: number;
  next: number;
}

/** The routes that one broker writes by. */
export class PublishRoutes {
  readonly #options: PublishRoutesOptions;
  readonly #known = new Map<string, Known>();
  readonly #asking = new Map<string, Promise<Known | undefined>>();

  constructor(options: PublishRoutesOptions) {
    this.#options = options;
  }

  /** The next queue in turn; undefined if no other master has the topic. Never rejects. */
  async select(topic: string): Promise<PublishQueue | undefined> {
    const known = this.#known.get(topic);
    const isFresh = known !== undefined && this.#options.clock.monotonicMs() < known.untilMs;
    const route = isFresh ? known : await this.#ask(topic);
    if (route === undefined) return undefined;
    return route.queues[route.next++ % route.queues.length];
  }

  /** The route of a topic has proved wrong. */
  forget(topic: string): void {
    this.#known.delete(topic);
  }

  #ask(topic: string): Promise<Known | undefined> {
    const asking = this.#asking.get(topic) ?? this.#askOnce(topic).finally(() => this.#asking.delete(topic));
    this.#asking.set(topic, asking);
    return asking;
  }

  async #askOnce(topic: string): Promise<Known | undefined> {
    const { client, namesrvAddresses, brokerName, clock, logger } = this.#options;
    this.#known.delete(topic);
    for (const address of namesrvAddresses()) {
      try {
        const request = createRequest(RequestCode.GET_ROUTEINFO_BY_TOPIC, GetRouteInfoRequestHeader.encode({ topic }));
        const { code, body } = await client.invoke(address, request, ASK_TIMEOUT_MS);
        const queues = code === ResponseCode.SUCCESS ? writableQueues(TopicRouteData.decode(body), brokerName) : [];
        if (queues.length === 0) continue;
        const route = { queues, untilMs: clock.monotonicMs() + ROUTE_LIFE_MS, next: 0 };
        this.#known.set(topic, route);
        return route;
      } catch (error) {
        logger.warn('a NameServer gave no route', { address, topic, reason: reasonOf(error) });
      }
    }
    return undefined;
  }
}

/** Java: MQClientInstance.topicRouteData2TopicPublishInfo. */
function writableQueues({ brokerDatas, queueDatas }: TopicRouteData, ownName: string): PublishQueue[] {
  return queueDatas.flatMap(({ brokerName, perm, writeQueueNums }) => {
    const broker = brokerDatas.find((each) => each.brokerName === brokerName);
    const brokerAddr = broker?.brokerAddrs.get(MASTER_ID);
    if (brokerName === ownName || brokerAddr === undefined || (perm & PERM.WRITE) === 0) return [];
    return Array.from({ length: writeQueueNums }, (_, queueId) => ({ brokerName, brokerAddr, queueId }));
  });
}
