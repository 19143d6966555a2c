/**
 * NOTIFY_MIN_BROKER_ID_CHANGE (905), which NameServers send, and EXCHANGE_BROKER_HA_INFO (906), by which master and slave find each other before they
 * are registered. Main thread. Java: AdminBrokerProcessor.notifyMinBrokerIdChange and updateBrokerHaInfo.
 */
import { RequestError } from '../../base/errors.js';
import type { RequestProcessor } from '../../remoting/connection.js';
import { ExchangeHaInfoHeader } from '../../remoting/headers/exchange-ha-info-request-header.js';
import { NotifyMinBrokerIdChangeRequestHeader } from '../../remoting/headers/notify-min-broker-id-change-request-header.js';
import { createResponse } from '../../remoting/remoting-command.js';
import { ResponseCode } from '../../remoting/response-code.js';
import type { Replication } from '../../workers/replication.js';
import type { MinBrokerNews } from '../acting/min-broker.js';
import type { BrokerConfig } from '../broker-config.js';

const MASTER_ID = 0;

/** What these need. */
export interface GroupMemberProcessorDeps {
  readonly config: Pick<BrokerConfig, 'brokerId'>;
  readonly group: { update(news: MinBrokerNews): void };
  readonly replication: Pick<Replication, 'updateHaMasterAddress'>;
  /** What this broker tells slaves, if it is a master. */
  readonly haInfo: () => Required<ExchangeHaInfoHeader>;
}

/** Makes the processor of 905. */
export function createNotifyMinBrokerIdChangeProcessor({ group }: GroupMemberProcessorDeps): RequestProcessor {
  return (request) => {
    const header = NotifyMinBrokerIdChangeRequestHeader.decode(request.extFields);
    const { minBrokerId, minBrokerAddr, offlineBrokerAddr, haBrokerAddr } = header;
    if (minBrokerId === undefined) throw new RequestError(ResponseCode.SYSTEM_ERROR, 'minBrokerId is missing');
    group.update({ minBrokerId, minBrokerAddr, offlineBrokerAddr, haBrokerAddr });
    return createResponse(request, ResponseCode.SUCCESS);
  };
}

/** Makes the processor of 906: told of a master's address, a slave follows it; asked, a master tells its own. */
export function createExchangeHaInfoProcessor(deps: GroupMemberProcessorDeps): RequestProcessor {
  const { config, replication, haInfo } = deps;
  return (request) => {
    const { masterHaAddress } = ExchangeHaInfoHeader.decode(request.extFields);
    if (masterHaAddress !== undefined) {
      if (config.brokerId !== MASTER_ID) replication.updateHaMasterAddress(masterHaAddress);
      return createResponse(request, ResponseCode.SUCCESS);
    }
    const extFields = config.brokerId === MASTER_ID ? ExchangeHaInfoHeader.encode(haInfo()) : undefined;
    return createResponse(request, ResponseCode.SUCCESS, undefined, extFields);
  };
}
