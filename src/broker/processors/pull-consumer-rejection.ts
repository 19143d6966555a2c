/**
 * What rejectPullConsumerEnable refuses: pulls of a client that is no member of its group. Main thread.
 * Java: the check of that setting in PullMessageProcessor.processRequest, MixAll.isSysConsumerGroupPullMessage.
 */
import { RequestError } from '../../base/errors.js';
import { ResponseCode } from '../../remoting/response-code.js';
import { FAQ_TIP } from '../message-checks.js';
import type { PullRequest } from '../pull-request.js';
import type { ConsumerGroupInfo } from '../consumer-group-info.js';

/** Groups that the tools and the brokers use without being members. */
const SYSTEM_GROUPS: ReadonlySet<string> = new Set([
  'DEFAULT_CONSUMER',
  'TOOLS_CONSUMER',
  'SCHEDULE_CONSUMER',
  'FILTERSRV_CONSUMER',
  '__MONITOR_CONSUMER',
  'SELF_TEST_C_GROUP',
  'CID_ONS-HTTP-PROXY',
  'CID_ONSAPI_PERMISSION',
  'CID_ONSAPI_OWNER',
  'CID_ONSAPI_PULL',
]);
const SYSTEM_GROUP_PREFIX = 'CID_RMQ_SYS_';

/** Throws RequestError for a pull by hand; `group` is undefined if none of its members is online. */
export function rejectPullConsumer({ header, connection }: PullRequest, group: ConsumerGroupInfo | undefined): void {
  const { consumerGroup } = header;
  if (group !== undefined && group.consumeType !== 'CONSUME_ACTIVELY') return;
  if (group?.connections().includes(connection) === true) return;
  if (SYSTEM_GROUPS.has(consumerGroup) || consumerGroup.startsWith(SYSTEM_GROUP_PREFIX)) return;
  const remark = `the consumer's group info not exist, or the pull consumer is rejected by server.${FAQ_TIP}`;
  throw new RequestError(ResponseCode.SUBSCRIPTION_NOT_EXIST, remark);
}
