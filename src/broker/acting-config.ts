/**
 * The broker's configuration: what its group does when the master is lost. Main thread. Java: BrokerConfig, MessageStoreConfig.
 * Invariant: names and defaults are Apache 5.5.0's.
 */
import { bool, int } from '../base/config-schema.js';

const changeable = { changeable: true } as const;

/** Keys of a group in which slaves act for a lost master. */
export const actingKeys = {
  enableSlaveActingMaster: bool(
    false,
    'When the master is lost, its slave with the smallest id delivers its delayed messages and has its transactions asked about. The same for master and slaves.',
  ),
  enableRemoteEscape: bool(
    false,
    'What a slave delivers for a lost master goes to other masters of the cluster; without it, it waits for the master.',
    changeable,
  ),
  totalReplicas: int(
    1,
    'Brokers of the group, the master among them. Above 1, with `enableSlaveActingMaster`: a broker that starts first takes over from the others what it has missed, and registers then.',
    { min: 1 },
  ),
  skipPreOnline: bool(false, 'Register at once all the same.'),
  brokerHeartbeatInterval: int(1_000, 'Time between two heartbeats to the NameServers, ms.', { min: 1 }),
  brokerNotActiveTimeoutMillis: int(
    10_000,
    'NameServers take this broker out when they have heard nothing of it for this long, ms.',
    { min: 1, ...changeable },
  ),
  syncBrokerMemberGroupPeriod: int(1_000, 'Time between two questions to a NameServer who of the group is there, ms.', {
    min: 1,
  }),
  compatibleWithOldNameSrv: bool(
    true,
    'Send heartbeats (322) and ask who of the group is there (105) as NameServers of 4.x understand it; else 904 and 901.',
    changeable,
  ),
};
