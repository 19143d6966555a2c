/**
 * The consumer groups of this broker. Main thread. Java: SubscriptionGroupManager.
 * Invariant: every change gives the table a new data version and is announced in the same turn; `settled` tells when it is on disk.
 */
import type { Clock } from '../base/clock.js';
import type { Logger } from '../base/log.js';
import { parseFastjson } from '../remoting/fastjson.js';
import { stringifyPretty } from '../remoting/fastjson-pretty.js';
import type { DataVersion } from '../remoting/bodies/data-version.js';
import { SubscriptionGroupWrapper } from '../remoting/bodies/subscription-group-wrapper.js';
import { applyAttributeChanges } from './attribute-changes.js';
import type { BrokerConfig } from './broker-config.js';
import { ChangeAnnouncer, type ChangeListener } from './change-announcer.js';
import { SUBSCRIPTION_GROUP_ATTRIBUTES } from './subscription-group-attributes.js';
import { createSubscriptionGroupConfig, type SubscriptionGroupConfig } from './subscription-group-config.js';
import { firstVersion, nextVersion } from './table-version.js';
import { groupFault } from './topic-validator.js';

/** Groups that every broker has. Java: SubscriptionGroupManager.init. */
const SYSTEM_GROUPS = [
  'TOOLS_CONSUMER',
  'FILTERSRV_CONSUMER',
  'SELF_TEST_C_GROUP',
  'CID_ONS-HTTP-PROXY',
  'CID_ONSAPI_PULL',
  'CID_ONSAPI_PERMISSION',
  'CID_ONSAPI_OWNER',
  'CID_RMQ_SYS_TRANS',
];
/** Groups of the system's own may be made even if others may not. Java: MixAll.CID_RMQ_SYS_PREFIX. */
const SYSTEM_GROUP_PREFIX = 'CID_RMQ_SYS_';

/** What a SubscriptionGroupManager needs. */
export interface SubscriptionGroupManagerOptions {
  readonly config: Pick<BrokerConfig, 'autoCreateSubscriptionGroup' | 'enableCreateSysGroup'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Groups by name. */
export class SubscriptionGroupManager {
  readonly #config: SubscriptionGroupManagerOptions['config'];
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #announcer: ChangeAnnouncer<SubscriptionGroupConfig>;
  readonly #groups = new Map<string, SubscriptionGroupConfig>();
  /** Topics that a group may not read, as bits. Kept for Apache's file; nothing sets it yet. */
  #forbidden: SubscriptionGroupWrapper['forbiddenTable'] = new Map();
  #dataVersion: DataVersion;

  /** Begins with the system groups. */
  constructor({ config, clock, logger }: SubscriptionGroupManagerOptions) {
    this.#config = config;
    this.#clock = clock;
    this.#logger = logger;
    this.#announcer = new ChangeAnnouncer(logger);
    this.#dataVersion = firstVersion(clock.nowMs());
    for (const group of SYSTEM_GROUPS) this.#groups.set(group, createSubscriptionGroupConfig(group));
  }

  /** The group, made if it may be; undefined if not, or if its name is not a good one. Java: findSubscriptionGroupConfig. */
  find(group: string): SubscriptionGroupConfig | undefined {
    const existing = this.#groups.get(group);
    if (existing !== undefined) return existing;
    const isSystemGroup = this.#config.enableCreateSysGroup && group.startsWith(SYSTEM_GROUP_PREFIX);
    if (!this.#config.autoCreateSubscriptionGroup && !isSystemGroup) return undefined;
    if (groupFault(group) !== undefined) return undefined;
    const created = createSubscriptionGroupConfig(group);
    this.#put(created);
    return created;
  }

  /** True if the group is there; makes none. */
  contains(group: string): boolean {
    return this.#groups.has(group);
  }

  /** All groups, the oldest first. */
  all(): ReadonlyMap<string, SubscriptionGroupConfig> {
    return this.#groups;
  }

  /** Topics that groups may not read, by group. */
  forbidden(): SubscriptionGroupWrapper['forbiddenTable'] {
    return this.#forbidden;
  }

  /** Grows with every change. */
  get dataVersion(): DataVersion {
    return this.#dataVersion;
  }

  /** Makes or changes a group; its `attributes` are changes (`+key`, `-key`). Throws RequestError. Java: updateSubscriptionGroupConfig. */
  update(config: SubscriptionGroupConfig): void {
    const current = this.#groups.get(config.groupName);
    const attributes = applyAttributeChanges(SUBSCRIPTION_GROUP_ATTRIBUTES, current?.attributes, config.attributes);
    this.#put({ ...config, attributes: { ...attributes } });
  }

  /** Forgets a group; one that is not here is no error. */
  delete(group: string): void {
    this.#forbidden.delete(group);
    if (!this.#groups.delete(group)) return;
    this.#logger.info('group deleted', { group });
    this.#dataVersion = nextVersion(this.#dataVersion, this.#clock.nowMs());
    this.#announcer.announce([]);
  }

  /** On a slave: the master's groups, and no others, under the master's data version. */
  replaceAll({ subscriptionGroupTable, forbiddenTable, dataVersion }: SubscriptionGroupWrapper): void {
    for (const group of this.#groups.keys()) if (!subscriptionGroupTable.has(group)) this.#groups.delete(group);
    for (const [group, config] of subscriptionGroupTable) this.#groups.set(group, { ...config, groupName: group });
    this.#forbidden = forbiddenTable;
    this.#dataVersion = dataVersion;
    this.#logger.info('groups taken over from the master', { groups: subscriptionGroupTable.size });
    this.#announcer.announce([...this.#groups.values()]);
  }

  /** Calls `listener` after every change, with the groups that are new or different; none after a deletion. */
  onChange(listener: ChangeListener<SubscriptionGroupConfig>): void {
    this.#announcer.onChange(listener);
  }

  /** True when every change so far is on disk. */
  get isSettled(): boolean {
    return this.#announcer.isSettled;
  }

  /** Settles when every change so far is on disk. */
  settled(): Promise<void> {
    return this.#announcer.settled();
  }

  /** All of it, as GET_ALL_SUBSCRIPTIONGROUP_CONFIG (201) and subscriptionGroup.json have it. */
  toWrapper(): SubscriptionGroupWrapper {
    return {
      dataVersion: this.#dataVersion,
      forbiddenTable: this.#forbidden,
      subscriptionGroupTable: new Map(this.#groups),
    };
  }

  /** The content of subscriptionGroup.json. */
  encode(): string {
    return stringifyPretty(SubscriptionGroupWrapper.write(this.toWrapper()));
  }

  /** Takes over the content of subscriptionGroup.json; what it does not name stays. */
  decode(text: string): void {
    const wrapper = SubscriptionGroupWrapper.read(parseFastjson(text));
    for (const [group, config] of wrapper.subscriptionGroupTable)
      this.#groups.set(group, { ...config, groupName: group });
    this.#forbidden = wrapper.forbiddenTable;
    this.#dataVersion = wrapper.dataVersion;
  }

  #put(config: SubscriptionGroupConfig): void {
    const isNew = !this.#groups.has(config.groupName);
    this.#groups.set(config.groupName, config);
    this.#logger.info(isNew ? 'group created' : 'group changed', { ...config });
    this.#dataVersion = nextVersion(this.#dataVersion, this.#clock.nowMs());
    this.#announcer.announce([config]);
  }
}
