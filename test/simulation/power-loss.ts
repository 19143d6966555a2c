/**
 * What a power cut takes. Every unit of a disk that is written as one (a sector of a file, a file's size, a name in a folder) goes back to a state of
 * its own: any since it was last made durable. Java: none.
 * Invariant: what was made durable stays; the same seed takes the same.
 */
import { Random } from './random.js';

/** A disk writes so many bytes as one. */
export const SECTOR_BYTES = 512;

/** Everything that was not made durable is lost. */
export const ALL_LOST = -1;
const NOTHING_LOST = Number.MAX_SAFE_INTEGER;

/**
 * `nothing` kept, `everything` kept, `ordered`: the disk wrote in the order of the calls and stopped somewhere; `any`: each unit stopped somewhere;
 * `mostlyKept` and `mostlyLost`: single units are torn out or left standing.
 */
const STYLES = { nothing: 2, everything: 1, ordered: 2, any: 5, mostlyKept: 3, mostlyLost: 3 } as const;

/** One power cut. */
export class PowerLoss {
  readonly #random: Random;
  readonly #style: keyof typeof STYLES;
  readonly #orderedUntil: number;

  /** `firstSequence` and `lastSequence` are those of the changes that were not made durable. */
  constructor(seed: number, firstSequence: number, lastSequence: number) {
    this.#random = new Random(seed);
    this.#style = this.#random.pickWeighted(STYLES);
    this.#orderedUntil = this.#random.between(firstSequence - 1, Math.max(firstSequence, lastSequence));
  }

  /** The last change that the next unit has kept; its own lie between these two. */
  keptUntil(firstSequence: number, lastSequence: number): number {
    switch (this.#style) {
      case 'nothing':
        return ALL_LOST;
      case 'everything':
        return NOTHING_LOST;
      case 'ordered':
        return this.#orderedUntil;
      case 'mostlyKept':
        return this.#random.chance(0.9) ? NOTHING_LOST : this.#anyOf(firstSequence, lastSequence);
      case 'mostlyLost':
        return this.#random.chance(0.9) ? ALL_LOST : this.#anyOf(firstSequence, lastSequence);
      case 'any':
        break;
    }
    return this.#anyOf(firstSequence, lastSequence);
  }

  #anyOf(firstSequence: number, lastSequence: number): number {
    if (this.#random.chance(0.35)) return ALL_LOST;
    return this.#random.chance(0.55) ? NOTHING_LOST : this.#random.between(firstSequence - 1, lastSequence);
  }
}
