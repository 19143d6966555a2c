/**
 * How far each delay level has been delivered: the content of delayOffset.json. Main thread. Java: ScheduleMessageService, its offsetTable.
 * Invariant: every message of a level before its offset has been stored under its own topic, or could not be delivered at all. Levels that the
 * broker's table does not have any more keep their offsets.
 */
import type { Clock } from '../../base/clock.js';
import type { DataVersion } from '../../remoting/bodies/data-version.js';
import { DelayOffsetSerializeWrapper } from '../../remoting/bodies/delay-offset-serialize-wrapper.js';
import { parseFastjson } from '../../remoting/fastjson.js';
import { stringifyPretty } from '../../remoting/fastjson-pretty.js';
import { firstVersion, nextVersion } from '../table-version.js';

/** Changes from one data version to the next. Java: delayOffsetUpdateVersionStep. */
const UPDATES_PER_VERSION = 200;

/** Offsets by level, from 1 on. */
export class DelayOffsetTable {
  readonly #clock: Clock;
  readonly #offsets = new Map<number, number>();
  #dataVersion: DataVersion;
  #updates = 0;
  #hasChanged = false;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#dataVersion = firstVersion(clock.nowMs());
  }

  /** Undefined for a level that has had no message yet. */
  get(level: number): number | undefined {
    return this.#offsets.get(level);
  }

  /** Java: updateOffset. */
  update(level: number, offset: number): void {
    if (this.#offsets.get(level) === offset) return;
    this.#offsets.set(level, offset);
    this.#hasChanged = true;
    this.#updates += 1;
    if (this.#updates % UPDATES_PER_VERSION === 0)
      this.#dataVersion = nextVersion(this.#dataVersion, this.#clock.nowMs());
  }

  /** Offsets by level, the lowest level first. */
  entries(): [level: number, offset: number][] {
    return [...this.#offsets].toSorted(([a], [b]) => a - b);
  }

  /** True if something changed since the last call. */
  takeChanged(): boolean {
    const hasChanged = this.#hasChanged;
    this.#hasChanged = false;
    return hasChanged;
  }

  /** As GET_ALL_DELAY_OFFSET (45) and delayOffset.json have it. */
  toWrapper(): DelayOffsetSerializeWrapper {
    return { dataVersion: this.#dataVersion, offsetTable: new Map(this.entries()) };
  }

  /** The content of delayOffset.json. */
  encode(): string {
    return stringifyPretty(DelayOffsetSerializeWrapper.write(this.toWrapper()));
  }

  /** On a master: how far a slave has delivered in its stead, as 45 has it. Gives the number of levels of which that is more than here. */
  takeLarger(text: string): number {
    let taken = 0;
    for (const [level, offset] of DelayOffsetSerializeWrapper.read(parseFastjson(text)).offsetTable) {
      if (offset <= (this.#offsets.get(level) ?? -1)) continue;
      this.update(level, offset);
      taken++;
    }
    return taken;
  }

  /** Takes over the content of delayOffset.json, or of another broker's answer to 45; levels that it does not name stay. */
  decode(text: string): void {
    const { offsetTable, dataVersion } = DelayOffsetSerializeWrapper.read(parseFastjson(text));
    for (const [level, offset] of offsetTable) {
      this.#hasChanged ||= this.#offsets.get(level) !== offset;
      this.#offsets.set(level, offset);
    }
    if (dataVersion !== undefined) this.#dataVersion = dataVersion;
  }
}
