/**
 * The NameServer's configuration. Main thread. Java: NamesrvConfig, NettyServerConfig.
 * Invariant: names and defaults are Apache 5.5.0's; a key that nothing reads is marked as pending.
 */
import { join } from 'node:path';

import { bool, bytes, derived, int, oneOf, path, port, text, type ConfigOf } from '../base/config-schema.js';
import { LOG_LEVELS } from '../base/log.js';

const changeable = { changeable: true } as const;

/** Every key of the NameServer. */
export const namesrvConfigSchema = {
  rocketmqHome: path('.', 'Kept for the sake of existing files; nothing is read from it.'),
  listenPort: port(9_876, 'Port that brokers and clients connect to.', { important: true }),
  bindAddress: text('0.0.0.0', 'Address that is listened on.', {
    important: true,
    pattern: /^\S+$/,
    allowed: 'a host name or an address',
  }),
  kvConfigPath: path(
    derived('~/namesrv/kvConfig.json (`ringmq start`: ./data/namesrv/kvConfig.json)', ({ homeDirectory }) =>
      join(homeDirectory, 'namesrv', 'kvConfig.json'),
    ),
    'File of the key-value configuration (100 to 102).',
  ),
  configStorePath: path(
    derived('~/namesrv/namesrv.properties', ({ homeDirectory }) =>
      join(homeDirectory, 'namesrv', 'namesrv.properties'),
    ),
    'File that UPDATE_NAMESRV_CONFIG (318) writes; the one given by -c, if any.',
  ),
  productEnvName: text('center', 'Part of the cluster-test environment.', { pending: true }),
  clusterTest: bool(false, 'Part of the cluster-test environment.', { pending: true }),
  orderMessageEnable: bool(false, 'Add the ordered-topic configuration to routes (105).', changeable),
  returnOrderTopicConfigToBroker: bool(
    true,
    'Return the ordered-topic configuration to brokers that register.',
    changeable,
  ),
  scanNotActiveBrokerInterval: int(5_000, 'Time between two searches for brokers that have gone silent, ms.', {
    min: 1,
  }),
  enableAllTopicList: bool(true, 'Answer GET_ALL_TOPIC_LIST_FROM_NAMESERVER (206).', changeable),
  enableTopicList: bool(true, 'Answer GET_TOPICS_BY_CLUSTER (224) and the other topic lists.', changeable),
  needWaitForService: bool(
    false,
    'Refuse routes (105) for `waitSecondsForService` after the start, while brokers register.',
    changeable,
  ),
  waitSecondsForService: int(45, 'How long `needWaitForService` refuses routes, seconds.', changeable),
  deleteTopicWithBrokerRegistration: bool(
    false,
    'A registration takes out the topics that it does not name.',
    changeable,
  ),
  supportActingMaster: bool(
    false,
    'Show the slave with the smallest id as the master in routes (105), for reading, while brokers with `enableSlaveActingMaster` have none.',
    changeable,
  ),
  notifyMinBrokerIdChanged: bool(
    false,
    'Tell brokers with `enableSlaveActingMaster` at once when the smallest id of their group changes (905); they ask every second anyway.',
    changeable,
  ),
  configBlackList: text(
    'configBlackList;configStorePath;kvConfigPath',
    'Keys that UPDATE_NAMESRV_CONFIG (318) refuses to change.',
  ),
  serverChannelMaxIdleTimeSeconds: int(
    120,
    'A connection on which nothing comes or goes for this long is closed, seconds.',
    { min: 1 },
  ),
  logLevel: oneOf(LOG_LEVELS, 'info', 'Least severity that is logged.'),
  maxFrameSizeBytes: bytes(16 * 2 ** 20, 'Largest frame; a larger one closes its connection.', { min: 4_096 }),
};

/** The values in force. Fields keep Java's names; read them where they are used, since some change while running. */
export type NamesrvConfig = ConfigOf<typeof namesrvConfigSchema>;
