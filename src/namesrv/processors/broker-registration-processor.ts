/**
 * What brokers tell of themselves: 103, 104, 217, 322, 904, and 901 which they ask. Main thread. Java: DefaultRequestProcessor.
 */
import type { Logger } from '../../base/log.js';
import { DataVersion } from '../../remoting/bodies/data-version.js';
import { GetBrokerMemberGroupResponseBody } from '../../remoting/bodies/get-broker-member-group-response-body.js';
import { KVTable } from '../../remoting/bodies/kv-table.js';
import {
  decodeCompressedRegisterBrokerBody,
  RegisterBrokerBody,
  registerBrokerCrc32,
} from '../../remoting/bodies/register-broker-body.js';
import { TopicConfigSerializeWrapper } from '../../remoting/bodies/topic-config-serialize-wrapper.js';
import { TopicRouteData } from '../../remoting/bodies/topic-route-data.js';
import type { Connection, RequestProcessor } from '../../remoting/connection.js';
import { BrokerHeartbeatRequestHeader } from '../../remoting/headers/broker-heartbeat-request-header.js';
import { GetBrokerMemberGroupRequestHeader } from '../../remoting/headers/get-broker-member-group-request-header.js';
import {
  QueryDataVersionRequestHeader,
  QueryDataVersionResponseHeader,
} from '../../remoting/headers/query-data-version-request-header.js';
import {
  RegisterBrokerRequestHeader,
  RegisterBrokerResponseHeader,
} from '../../remoting/headers/register-broker-request-header.js';
import { RegisterTopicRequestHeader } from '../../remoting/headers/register-topic-request-header.js';
import { UnRegisterBrokerRequestHeader } from '../../remoting/headers/un-register-broker-request-header.js';
import { createResponse, type RemotingCommand } from '../../remoting/remoting-command.js';
import { ResponseCode } from '../../remoting/response-code.js';
import { isSameVersion } from '../broker-live-table.js';
import { NAMESPACE_ORDER_TOPIC_CONFIG, type KVConfigManager } from '../kv-config-manager.js';
import type { NamesrvConfig } from '../namesrv-config.js';
import type { RouteInfoManager } from '../route-info-manager.js';

/** MQVersion ordinal of V3_0_11; a broker before it sends its topics without what stands around them since. */
const REGISTER_BROKER_BODY_VERSION = 37;
const NO_BODY = Buffer.alloc(0);

/** REGISTER_BROKER (103). */
export function createRegisterBrokerProcessor(
  config: NamesrvConfig,
  routes: RouteInfoManager,
  kvConfigs: KVConfigManager,
  logger: Logger,
): RequestProcessor {
  const decoder = new RegistrationDecoder();
  return (request, connection) => {
    const header = RegisterBrokerRequestHeader.decode(request.extFields);
    if (header.bodyCrc32 !== 0 && header.bodyCrc32 !== registerBrokerCrc32(request.body ?? NO_BODY)) {
      logger.warn('the checksum of a registration does not match', { remoteAddress: connection.remoteAddress });
      return createResponse(request, ResponseCode.SYSTEM_ERROR, 'crc32 not match');
    }
    const zoneName = request.extFields?.['__ZONE_NAME'];
    const body = decoder.decode(request, header.compressed, connection);
    const master = routes.registerBroker({ header, zoneName, body, connection });
    if (master === undefined) return createResponse(request, ResponseCode.SYSTEM_ERROR, 'register broker failed');
    const orderTopics = config.returnOrderTopicConfigToBroker
      ? kvConfigs.list(NAMESPACE_ORDER_TOPIC_CONFIG)
      : undefined;
    const answerBody = orderTopics === undefined ? undefined : KVTable.encode({ table: new Map(orderTopics) });
    return createResponse(
      request,
      ResponseCode.SUCCESS,
      undefined,
      RegisterBrokerResponseHeader.encode(master),
      answerBody,
    );
  };
}

interface DecodedRegistration {
  readonly bytes: Buffer;
  readonly version: number;
  readonly isCompressed: boolean;
  readonly body: RegisterBrokerBody;
}

/** A broker says all its topics every 30 s, and mostly the same: ten thousand of them take 30 ms to read. What came last over a connection is kept. */
class RegistrationDecoder {
  readonly #last = new WeakMap<Connection, DecodedRegistration>();

  decode(request: RemotingCommand, isCompressed: boolean, connection: Connection): RegisterBrokerBody {
    const last = this.#last.get(connection);
    const { body: bytes, version } = request;
    const isSameForm = last?.version === version && last.isCompressed === isCompressed;
    if (isSameForm && bytes !== undefined && last.bytes.equals(bytes)) return last.body;
    const body = decodeBody(request, isCompressed);
    // The bytes are a view into what was read from the socket.
    if (bytes !== undefined) this.#last.set(connection, { bytes: Buffer.from(bytes), version, isCompressed, body });
    return body;
  }
}

function decodeBody(request: RemotingCommand, isCompressed: boolean): RegisterBrokerBody {
  const { body } = request;
  if (request.version < REGISTER_BROKER_BODY_VERSION) {
    return { filterServerList: [], topicConfigSerializeWrapper: TopicConfigSerializeWrapper.decode(body) };
  }
  return isCompressed && body !== undefined
    ? decodeCompressedRegisterBrokerBody(body)
    : RegisterBrokerBody.decode(body);
}

/** UNREGISTER_BROKER (104). */
export function createUnregisterBrokerProcessor(routes: RouteInfoManager): RequestProcessor {
  return (request) => {
    routes.unregisterBroker(UnRegisterBrokerRequestHeader.decode(request.extFields));
    return createResponse(request, ResponseCode.SUCCESS);
  };
}

/** REGISTER_TOPIC_IN_NAMESRV (217): one topic, its queues in a route's form. */
export function createRegisterTopicProcessor(routes: RouteInfoManager): RequestProcessor {
  return (request) => {
    const { topic } = RegisterTopicRequestHeader.decode(request.extFields);
    routes.registerTopic(topic, TopicRouteData.decode(request.body).queueDatas);
    return createResponse(request, ResponseCode.SUCCESS);
  };
}

/** QUERY_DATA_VERSION (322): does the broker have to register again? It counts as a sign of life. */
export function createQueryDataVersionProcessor(routes: RouteInfoManager): RequestProcessor {
  return (request) => {
    const { clusterName, brokerAddr } = QueryDataVersionRequestHeader.decode(request.extFields);
    const known = routes.dataVersion(clusterName, brokerAddr);
    routes.touchBroker(clusterName, brokerAddr);
    const changed = known === undefined || !isSameVersion(known, DataVersion.decode(request.body));
    const extFields = QueryDataVersionResponseHeader.encode({ changed });
    const body = known === undefined ? undefined : DataVersion.encode(known);
    return createResponse(request, ResponseCode.SUCCESS, undefined, extFields, body);
  };
}

/** BROKER_HEARTBEAT (904): a sign of life between registrations. */
export function createBrokerHeartbeatProcessor(routes: RouteInfoManager): RequestProcessor {
  return (request) => {
    const { clusterName, brokerAddr } = BrokerHeartbeatRequestHeader.decode(request.extFields);
    routes.touchBroker(clusterName, brokerAddr);
    return createResponse(request, ResponseCode.SUCCESS);
  };
}

/** GET_BROKER_MEMBER_GROUP (901): the addresses of one broker name. */
export function createBrokerMemberGroupProcessor(routes: RouteInfoManager): RequestProcessor {
  return (request) => {
    const { clusterName, brokerName } = GetBrokerMemberGroupRequestHeader.decode(request.extFields);
    const brokerMemberGroup = {
      brokerAddrs: new Map(routes.brokerAddrs(brokerName)),
      brokerName,
      cluster: clusterName,
    };
    const body = GetBrokerMemberGroupResponseBody.encode({ brokerMemberGroup });
    return createResponse(request, ResponseCode.SUCCESS, undefined, undefined, body);
  };
}
