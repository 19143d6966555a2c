/**
 * One folder of a simulated disk: the names that the operating system shows, those that are durable, and the changes in between. Java: none.
 * Invariant: the durable names with all changes applied in their order are what the operating system shows.
 */
import type { PowerLoss } from './power-loss.js';
import type { SimulatedFile } from './simulated-file.js';

/** What a name stands for. */
export type SimulatedNode = SimulatedFile | SimulatedFolder;

interface NameChange {
  readonly sequence: number;
  readonly name: string;
  /** Undefined: the name is removed. */
  readonly node: SimulatedNode | undefined;
}

/** A folder without a name of its own. */
export class SimulatedFolder {
  #shown = new Map<string, SimulatedNode>();
  readonly #durable = new Map<string, SimulatedNode>();
  #changes: NameChange[] = [];

  get names(): string[] {
    return [...this.#shown.keys()];
  }

  get nodes(): SimulatedNode[] {
    return [...this.#shown.values()];
  }

  get(name: string): SimulatedNode | undefined {
    return this.#shown.get(name);
  }

  /** Gives a name to `node`, or takes it away. */
  set(sequence: number, name: string, node: SimulatedNode | undefined): void {
    const change = { sequence, name, node };
    this.#changes.push(change);
    apply(this.#shown, change);
  }

  /** Makes changes up to `sequence` durable. */
  sync(sequence: number): void {
    for (const change of this.#changes) if (change.sequence <= sequence) apply(this.#durable, change);
    this.#changes = this.#changes.filter((change) => change.sequence > sequence);
  }

  /** What is left is all there is, and durable. Each name goes its own way, also the two of a rename. */
  losePower(loss: PowerLoss): void {
    const first = this.#changes[0]?.sequence ?? 0;
    const last = this.#changes.at(-1)?.sequence ?? 0;
    const keptUntil = new Map<string, number>();
    for (const change of this.#changes) {
      const kept = keptUntil.get(change.name) ?? loss.keptUntil(first, last);
      keptUntil.set(change.name, kept);
      if (change.sequence <= kept) apply(this.#durable, change);
    }
    this.#changes = [];
    this.#shown = new Map(this.#durable);
  }
}

function apply(names: Map<string, SimulatedNode>, { name, node }: NameChange): void {
  if (node === undefined) names.delete(name);
  else names.set(name, node);
}
