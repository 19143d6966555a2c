/**
 * UPDATE_AND_CREATE_SUBSCRIPTIONGROUP (200), GET_ALL_SUBSCRIPTIONGROUP_CONFIG (201) and DELETE_SUBSCRIPTIONGROUP (207). Main thread.
 * Java: AdminBrokerProcessor. Invariant: a change is on disk before it is answered.
 */
import { RequestError } from '../../base/errors.js';
import { SubscriptionGroupConfig, SubscriptionGroupWrapper } from '../../remoting/bodies/subscription-group-wrapper.js';
import { DeleteSubscriptionGroupRequestHeader } from '../../remoting/headers/delete-subscription-group-request-header.js';
import {
  GetAllSubscriptionGroupRequestHeader,
  GetAllSubscriptionGroupResponseHeader,
} from '../../remoting/headers/get-all-subscription-group-request-header.js';
import { createResponse, type RemotingCommand } from '../../remoting/remoting-command.js';
import { ResponseCode } from '../../remoting/response-code.js';
import type { ConsumerOffsetManager } from '../consumer-offset-manager.js';
import { createSubscriptionGroupConfig } from '../subscription-group-config.js';
import type { SubscriptionGroupManager } from '../subscription-group-manager.js';
import { pageOf } from '../table-page.js';
import { groupFault } from '../topic-validator.js';

/** What a GroupAdminProcessor needs. */
export interface GroupAdminProcessorDeps {
  readonly groups: SubscriptionGroupManager;
  readonly offsets: ConsumerOffsetManager;
}

/** One for each broker; its methods are bound. */
export class GroupAdminProcessor {
  readonly #deps: GroupAdminProcessorDeps;

  constructor(deps: GroupAdminProcessorDeps) {
    this.#deps = deps;
  }

  /** UPDATE_AND_CREATE_SUBSCRIPTIONGROUP. Compat: without a body it does nothing and succeeds. */
  readonly update = async (request: RemotingCommand): Promise<RemotingCommand> => {
    const { groups } = this.#deps;
    if (request.body !== undefined) {
      const config = SubscriptionGroupConfig.decode(request.body);
      const fault = groupFault(config.groupName);
      if (fault !== undefined) throw new RequestError(ResponseCode.INVALID_PARAMETER, fault);
      groups.update(createSubscriptionGroupConfig(config.groupName, config));
      await groups.settled();
    }
    return createResponse(request, ResponseCode.SUCCESS);
  };

  /** GET_ALL_SUBSCRIPTIONGROUP_CONFIG. */
  readonly getAll = (request: RemotingCommand): RemotingCommand => {
    const { groups } = this.#deps;
    const { dataVersion, groupSeq, maxGroupNum } = GetAllSubscriptionGroupRequestHeader.decode(request.extFields);
    const page = { dataVersion, first: groupSeq, maxCount: maxGroupNum };
    const table = pageOf(groups.all(), groups.dataVersion, page);
    const forbiddenTable = new Map([...groups.forbidden()].filter(([group]) => table.has(group)));
    const wrapper = { dataVersion: groups.dataVersion, forbiddenTable, subscriptionGroupTable: table };
    const extFields = GetAllSubscriptionGroupResponseHeader.encode({ totalGroupNum: groups.all().size });
    return createResponse(
      request,
      ResponseCode.SUCCESS,
      undefined,
      extFields,
      SubscriptionGroupWrapper.encode(wrapper),
    );
  };

  /** DELETE_SUBSCRIPTIONGROUP; of a group that is not here it succeeds. */
  readonly delete = async (request: RemotingCommand): Promise<RemotingCommand> => {
    const { groups, offsets } = this.#deps;
    const { groupName, cleanOffset } = DeleteSubscriptionGroupRequestHeader.decode(request.extFields);
    groups.delete(groupName);
    if (cleanOffset) offsets.removeGroup(groupName);
    await groups.settled();
    return createResponse(request, ResponseCode.SUCCESS);
  };
}
