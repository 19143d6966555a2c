/**
 * Starts a broker, with or without a NameServer, and says so: the boot lines, the address that clients are told, what may be wrong with it.
 * Main thread. Java: BrokerStartup.start.
 */
import { systemClock } from '../base/clock.js';
import type { Logger } from '../base/log.js';
import type { BrokerConfigStore } from '../broker/broker-config-loader.js';
import type { NamesrvConfigStore } from '../namesrv/namesrv-config-loader.js';
import { adviseOnHost, readSurroundings } from './address-advice.js';
import { brokerBootLine, namesrvBootLine } from './boot-line.js';
import type { Service } from './serve.js';

/** Configurations that have been loaded. */
export interface BrokerServiceConfig {
  readonly broker: BrokerConfigStore;
  readonly namesrv: NamesrvConfigStore | undefined;
  readonly logger: Logger;
}

/** Resolves when clients can use it and the boot lines are out. */
export async function startBrokerService({ broker, namesrv, logger }: BrokerServiceConfig): Promise<Service> {
  // Late, so that --help and a wrong flag need not wait for all of the broker.
  const { launch } = await import('../index.js');
  const running = await launch({ broker, namesrv, logger, clock: systemClock });
  if (namesrv !== undefined) printLine(namesrvBootLine(namesrv.values.bindAddress, namesrv.values.listenPort));
  printLine(brokerBootLine(running.brokerName, running.brokerAddress, running.namesrvAddresses));
  logger.info(`clients are told to connect to ${running.brokerAddress}`);
  void warnOfHost(broker.values.brokerIP1, logger);
  return running;
}

// Not waited for: it may ask a name server of the network.
async function warnOfHost(host: string, logger: Logger): Promise<void> {
  const advice = await adviseOnHost(host, readSurroundings(process.env));
  if (advice !== undefined) logger.warn(advice);
}

function printLine(line: string): void {
  process.stdout.write(`${line}\n`);
}
