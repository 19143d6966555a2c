/**
 * A topic of the check's own: a message sent to it comes back as it was, and the NameServer knows its route. Fuzz process.
 * Invariant: no fuzz frame names this topic.
 */
import { createTopic, pullRequest, recordBodies } from '#src/load/broker-topics.js';
import { RequestClient } from '#src/load/request-client.js';
import type { FuzzTarget } from './fuzz-connection.js';
import type { Random } from './random.js';

const SEND_MESSAGE = 10;
const GET_ROUTEINFO_BY_TOPIC = 105;
const BODY_BYTES = 3000;

/** Asserts that broker and NameServer still serve. */
export class LivenessCheck {
  readonly #broker: FuzzTarget;
  readonly #namesrv: FuzzTarget;
  readonly #topic: string;
  readonly #random: Random;

  constructor(broker: FuzzTarget, namesrv: FuzzTarget, topic: string, random: Random) {
    [this.#broker, this.#namesrv, this.#topic, this.#random] = [broker, namesrv, topic, random];
  }

  async prepare(): Promise<void> {
    const client = await RequestClient.open(this.#broker.host, this.#broker.port);
    try {
      await createTopic(client, this.#topic, 1);
    } finally {
      client.close();
    }
  }

  /** Throws, naming what went wrong. */
  async check(): Promise<void> {
    const client = await RequestClient.open(this.#broker.host, this.#broker.port);
    try {
      const body = this.#random.bytes(BODY_BYTES);
      const offset = await this.#send(client, body);
      const { code, extFields } = pullRequest({
        group: 'fuzz-check',
        topic: this.#topic,
        queueId: 0,
        offset,
        maxMessages: 1,
        suspendMs: 5000,
      });
      const pulled = await client.demand(code, extFields);
      const found = recordBodies(pulled.body)[0];
      if (found === undefined || !found.equals(body))
        throw new Error(`the message at offset ${offset} came back changed`);
    } finally {
      client.close();
    }
    await this.#checkRoute();
  }

  async #send(client: RequestClient, body: Buffer): Promise<number> {
    const reply = await client.demand(
      SEND_MESSAGE,
      {
        producerGroup: 'fuzz-check',
        topic: this.#topic,
        defaultTopic: 'TBW102',
        defaultTopicQueueNums: '1',
        queueId: '0',
        sysFlag: '0',
        bornTimestamp: String(Date.now()),
        flag: '0',
        properties: '',
        reconsumeTimes: '0',
        unitMode: 'false',
        batch: 'false',
      },
      body,
    );
    return Number(reply.extFields['queueOffset']);
  }

  async #checkRoute(): Promise<void> {
    const client = await RequestClient.open(this.#namesrv.host, this.#namesrv.port);
    try {
      const reply = await client.demand(GET_ROUTEINFO_BY_TOPIC, { topic: this.#topic });
      if (!reply.body.toString().includes('brokerDatas'))
        throw new Error(`the route of ${this.#topic} is ${reply.body.toString()}`);
    } finally {
      client.close();
    }
  }
}
