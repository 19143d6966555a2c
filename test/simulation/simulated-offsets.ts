/**
 * The offsets of consumer groups beside a simulated store, with the broker's own table and file. Java: none.
 * Invariant: after a start the table is what was saved last, or what a save that was under way would have made of it.
 */
import { join } from 'node:path';

import { createLogger } from '#src/base/log.js';
import type { ReplaceableFileSystem } from '#src/base/replaceable-file-system.js';
import { ConfigFile } from '#src/broker/config-file.js';
import { ConsumerOffsetManager } from '#src/broker/consumer-offset-manager.js';

import type { FakeClock } from '../fake-clock.js';
import { Violation } from './ledger.js';

const CLIENT_HOST = '127.0.0.1:1';

/** One broker's. */
export class SimulatedOffsets {
  readonly #files: ReplaceableFileSystem;
  readonly #path: string;
  readonly #clock: FakeClock;
  #manager: ConsumerOffsetManager;
  #file: ConfigFile;
  /** Contents that were given to the file, in order, and the last of them that is known to be on disk. */
  readonly #written: string[] = [];
  #savedIndex = -1;
  #loaded: string | undefined;
  #saving: Promise<void> | undefined;

  constructor(files: ReplaceableFileSystem, storeFolder: string, clock: FakeClock) {
    this.#files = files;
    this.#path = join(storeFolder, 'config', 'consumerOffset.json');
    this.#clock = clock;
    this.#manager = this.#makeManager();
    this.#file = this.#makeFile();
  }

  commit(group: string, topic: string, queueId: number, offset: number): void {
    this.#manager.commit(CLIENT_HOST, group, topic, queueId, offset);
  }

  removeTopic(topic: string): void {
    this.#manager.removeTopic(topic);
  }

  /** Begins to write the file, unless it is being written. */
  save(): void {
    if (this.#saving !== undefined) return;
    this.#saving = this.#file.save().then(() => {
      if (!this.#file.isOwed) this.#savedIndex = this.#written.length - 1;
      this.#saving = undefined;
    });
  }

  /** Settles when nothing is being written. */
  async idle(): Promise<void> {
    await this.#saving;
  }

  /** A clean stop. */
  async stop(): Promise<void> {
    await this.idle();
    this.save();
    await this.idle();
  }

  /** A start: reads the file, compares it with what was saved, and puts right what lies beyond the queues. */
  async load(queueEnds: ReadonlyMap<string, number>): Promise<void> {
    this.#manager = this.#makeManager();
    this.#file = this.#makeFile();
    await this.#file.load();
    const loaded = this.#takeLoaded();
    const index = loaded === undefined ? -1 : this.#written.lastIndexOf(loaded);
    if (index < this.#savedIndex) {
      const found = loaded === undefined ? 'nothing' : `content ${index}`;
      throw new Violation(
        'offsets-lost',
        `content ${this.#savedIndex} of ${this.#path} was on disk, ${found} is there`,
      );
    }
    this.#manager.limitTo((topic, queueId) => queueEnds.get(`${topic}/${queueId}`) ?? 0);
    for (const [key, queues] of this.#manager.all()) {
      for (const [queueId, offset] of queues) {
        const end = queueEnds.get(`${key.split('@')[0]}/${queueId}`) ?? 0;
        if (offset > end)
          throw new Violation('offset-beyond-queue', `${key} is at ${offset} of ${end} in queue ${queueId}`);
      }
    }
  }

  #takeLoaded(): string | undefined {
    const loaded = this.#loaded;
    this.#loaded = undefined;
    return loaded;
  }

  #makeManager(): ConsumerOffsetManager {
    const config = { useServerSideResetOffset: true };
    return new ConsumerOffsetManager({ config, clock: this.#clock, logger: createLogger('offsets', 'silent') });
  }

  #makeFile(): ConfigFile {
    const manager = this.#manager;
    const table = {
      encode: (): string => {
        const text = manager.encode();
        this.#written.push(text);
        return text;
      },
      decode: (text: string): void => {
        manager.decode(text);
        this.#loaded = text;
      },
    };
    const logger = createLogger('offsets', 'silent');
    return new ConfigFile(this.#path, table, logger, this.#files);
  }
}
