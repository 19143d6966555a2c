/** How much of the log a broker may take to be in memory, its own or the page cache. Main thread. Java: StoreUtil.TOTAL_PHYSICAL_MEMORY_SIZE. */
import { totalmem } from 'node:os';
import type { BrokerConfig } from './broker-config.js';

/** True if the last `sizeBytes` of the log are taken to be in memory. */
export function fitsMemory(sizeBytes: number, config: Pick<BrokerConfig, 'accessMessageInMemoryMaxRatio'>): boolean {
  return sizeBytes <= (totalmem() * config.accessMessageInMemoryMaxRatio) / 100;
}
