/**
 * A server from its start to its end: a signal, or its own failure. Main thread.
 * Java: BrokerStartup.buildShutdownHook.
 * Invariant: exit 0 only after `stop` has settled; a second signal ends the process at once.
 */
import { constants } from 'node:os';

import type { Logger } from '../base/log.js';
import { ExitCode } from './exit-code.js';

/** What is served until a signal. */
export interface Service {
  /** Rejects when the service has failed and cannot go on. */
  readonly closed: Promise<void>;
  stop(): Promise<void>;
}

const STOP_SIGNALS = ['SIGTERM', 'SIGINT'] as const;
const SIGNAL_EXIT_BASE = 128;

/** Starts a service and stays until a signal comes or it fails. A signal during the start is obeyed when it is over. */
export async function serve(start: () => Promise<Service>, logger: Logger): Promise<void> {
  const signalled = nextSignal(logger);
  const service = await start();
  await Promise.race([signalled, service.closed]);
  await service.stop();
  process.exit(ExitCode.OK);
}

function nextSignal(logger: Logger): Promise<void> {
  return new Promise((resolve) => {
    let isStopping = false;
    for (const signal of STOP_SIGNALS) {
      process.on(signal, () => {
        if (isStopping) process.exit(SIGNAL_EXIT_BASE + constants.signals[signal]);
        isStopping = true;
        logger.info(`${signal}: stopping; a second signal ends the process at once`);
        resolve();
      });
    }
  });
}
