/**
 * What a broker asks of the NameServers and of the other brokers of its group: heartbeats, who is there, where slaves connect, tables.
 * Main thread. Java: BrokerOuterAPI.
 */
import type { Logger } from '../../base/log.js';
import { ConsumerOffsetTable } from '../../remoting/bodies/consumer-offset-table.js';
import { DataVersion } from '../../remoting/bodies/data-version.js';
import { GetBrokerMemberGroupResponseBody } from '../../remoting/bodies/get-broker-member-group-response-body.js';
import { TopicRouteData } from '../../remoting/bodies/topic-route-data.js';
import { BrokerHeartbeatRequestHeader } from '../../remoting/headers/broker-heartbeat-request-header.js';
import { ExchangeHaInfoHeader } from '../../remoting/headers/exchange-ha-info-request-header.js';
import { GetBrokerMemberGroupRequestHeader } from '../../remoting/headers/get-broker-member-group-request-header.js';
import { GetRouteInfoRequestHeader } from '../../remoting/headers/get-route-info-request-header.js';
import { QueryDataVersionRequestHeader } from '../../remoting/headers/query-data-version-request-header.js';
import type { RemotingClient } from '../../remoting/remoting-client.js';
import { createRequest, type ExtFields, type RemotingCommand } from '../../remoting/remoting-command.js';
import { RequestCode } from '../../remoting/request-code.js';
import { ResponseCode } from '../../remoting/response-code.js';
import { reasonOf } from '../namesrv-link.js';
import type { BrokerConfig } from '../broker-config.js';

/** Java: the timeouts in BrokerOuterAPI. */
const ASK_TIMEOUT_MS = 3_000;
/** Java: TopicValidator.SYNC_BROKER_MEMBER_GROUP_PREFIX. Its route says who of a group is there. */
const SYNC_BROKER_MEMBER_PREFIX = 'rmq_sys_SYNC_BROKER_MEMBER_';
const NO_OFFSETS = '{}';

/** The addresses of one broker name by broker id. */
export type MemberAddresses = ReadonlyMap<number, string>;

/** What a BrokerGroupApi needs. */
export interface BrokerGroupApiOptions {
  readonly client: Pick<RemotingClient, 'invoke' | 'invokeOneway'>;
  readonly namesrvAddresses: () => readonly string[];
  readonly config: Pick<BrokerConfig, 'brokerClusterName' | 'brokerName' | 'brokerId' | 'compatibleWithOldNameSrv'>;
  readonly brokerAddr: () => string;
  /** Of the topics. */
  readonly dataVersion: () => DataVersion;
  readonly logger: Logger;
}

/** The requests. */
export class BrokerGroupApi {
  readonly #options: BrokerGroupApiOptions;

  constructor(options: BrokerGroupApiOptions) {
    this.#options = options;
  }

  /** A sign of life to every NameServer, one way. */
  sendHeartbeats(): void {
    const { client, namesrvAddresses, logger } = this.#options;
    for (const address of namesrvAddresses()) {
      client.invokeOneway(address, this.#heartbeat()).catch((error: unknown) => {
        logger.debug('a heartbeat was not sent', { address, reason: reasonOf(error) });
      });
    }
  }

  /** Who of this broker's group is registered, as the first NameServer that answers has it; undefined if none does. */
  async memberGroup(): Promise<MemberAddresses | undefined> {
    const { namesrvAddresses, logger, config } = this.#options;
    for (const address of namesrvAddresses()) {
      try {
        return config.compatibleWithOldNameSrv ? await this.#membersByRoute(address) : await this.#members(address);
      } catch (error) {
        logger.debug('a NameServer did not say who of the group is there', { address, reason: reasonOf(error) });
      }
    }
    return undefined;
  }

  /** Tells a slave where its master listens, or, with no fields, asks a master for it (906). */
  async exchangeHaInfo(address: string, info: ExchangeHaInfoHeader): Promise<ExchangeHaInfoHeader> {
    const { extFields } = await this.#ask(
      address,
      RequestCode.EXCHANGE_BROKER_HA_INFO,
      ExchangeHaInfoHeader.encode(info),
    );
    return ExchangeHaInfoHeader.decode(extFields);
  }

  /** How far consumers are, as another broker has it (43). */
  async allConsumerOffsets(address: string): Promise<ConsumerOffsetTable> {
    return ConsumerOffsetTable.decode((await this.#ask(address, RequestCode.GET_ALL_CONSUMER_OFFSET)).body);
  }

  /** How far the delay levels are, as another broker has it (45): the content of its delayOffset.json. */
  async allDelayOffsets(address: string): Promise<string> {
    return (await this.#ask(address, RequestCode.GET_ALL_DELAY_OFFSET)).body?.toString() ?? NO_OFFSETS;
  }

  #heartbeat(): RemotingCommand {
    const { config, brokerAddr, dataVersion } = this.#options;
    const { brokerClusterName: clusterName, brokerName, brokerId } = config;
    const identity = { clusterName, brokerName, brokerAddr: brokerAddr() };
    if (!config.compatibleWithOldNameSrv) {
      return createRequest(RequestCode.BROKER_HEARTBEAT, BrokerHeartbeatRequestHeader.encode(identity));
    }
    const header = QueryDataVersionRequestHeader.encode({ ...identity, brokerId });
    return createRequest(RequestCode.QUERY_DATA_VERSION, header, DataVersion.encode(dataVersion()));
  }

  async #members(namesrv: string): Promise<MemberAddresses> {
    const { brokerClusterName: clusterName, brokerName } = this.#options.config;
    const header = GetBrokerMemberGroupRequestHeader.encode({ clusterName, brokerName });
    const { body } = await this.#ask(namesrv, RequestCode.GET_BROKER_MEMBER_GROUP, header);
    return GetBrokerMemberGroupResponseBody.decode(body).brokerMemberGroup.brokerAddrs;
  }

  async #membersByRoute(namesrv: string): Promise<MemberAddresses> {
    const { client, config } = this.#options;
    const header = GetRouteInfoRequestHeader.encode({ topic: SYNC_BROKER_MEMBER_PREFIX + config.brokerName });
    const request = createRequest(RequestCode.GET_ROUTEINFO_BY_TOPIC, header);
    const { code, body, remark } = await client.invoke(namesrv, request, ASK_TIMEOUT_MS);
    if (code === ResponseCode.TOPIC_NOT_EXIST) return new Map();
    if (code !== ResponseCode.SUCCESS) throw new Error(`code ${code}: ${remark}`);
    const { brokerDatas } = TopicRouteData.decode(body);
    const isOurs = ({ brokerName, cluster }: (typeof brokerDatas)[number]): boolean =>
      brokerName === config.brokerName && cluster === config.brokerClusterName;
    return brokerDatas.find(isOurs)?.brokerAddrs ?? new Map<number, string>();
  }

  async #ask(address: string, code: number, extFields?: ExtFields): Promise<RemotingCommand> {
    const response = await this.#options.client.invoke(address, createRequest(code, extFields), ASK_TIMEOUT_MS);
    if (response.code !== ResponseCode.SUCCESS) throw new Error(`code ${response.code}: ${response.remark}`);
    return response;
  }
}
