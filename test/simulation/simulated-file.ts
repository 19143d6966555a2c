/**
 * One file of a simulated disk: what the operating system shows, what is durable, and the changes in between. Java: none.
 * Invariant: the durable content with all changes applied in their order is what the operating system shows.
 */
import { type PowerLoss, SECTOR_BYTES } from './power-loss.js';

/** A write, or without bytes a change of size. */
interface FileChange {
  readonly sequence: number;
  readonly position: number;
  readonly bytes: Buffer | undefined;
  /** Of the file afterwards. */
  readonly sizeBytes: number;
}

/** Bytes and their number; bytes past it are zero. */
interface Content {
  bytes: Buffer;
  sizeBytes: number;
}

/** A file without a name: names are in folders. */
export class SimulatedFile {
  #shown: Content = { bytes: Buffer.alloc(0), sizeBytes: 0 };
  #durable: Content = { bytes: Buffer.alloc(0), sizeBytes: 0 };
  #changes: FileChange[] = [];

  get sizeBytes(): number {
    return this.#shown.sizeBytes;
  }

  /** True when a power cut could take something. */
  get isDirty(): boolean {
    return this.#changes.length > 0;
  }

  read(target: Buffer, start: number, length: number, position: number): number {
    const end = Math.min(this.#shown.sizeBytes, position + length);
    return end <= position ? 0 : this.#shown.bytes.copy(target, start, position, end);
  }

  write(sequence: number, source: Buffer, position: number): void {
    const sizeBytes = Math.max(this.#shown.sizeBytes, position + source.length);
    this.#change({ sequence, position, bytes: Buffer.from(source), sizeBytes });
  }

  truncate(sequence: number, sizeBytes: number): void {
    if (sizeBytes === this.#shown.sizeBytes) return;
    this.#change({ sequence, position: sizeBytes, bytes: undefined, sizeBytes });
  }

  /** Makes changes up to `sequence` durable. */
  sync(sequence: number): void {
    for (const change of this.#changes) if (change.sequence <= sequence) apply(this.#durable, change);
    this.#changes = this.#changes.filter((change) => change.sequence > sequence);
  }

  /** What is left is all there is, and durable. */
  losePower(loss: PowerLoss): void {
    const first = this.#changes[0];
    const last = this.#changes.at(-1);
    if (first === undefined || last === undefined) return;
    const keptUntil = (): number => loss.keptUntil(first.sequence, last.sequence);
    let { sizeBytes } = this.#durable;
    const sizeKept = keptUntil();
    for (const change of this.#changes) if (change.sequence <= sizeKept) sizeBytes = change.sizeBytes;
    const sectors = new Map<number, number>();
    const left: Content = { bytes: Buffer.from(this.#durable.bytes), sizeBytes: this.#durable.sizeBytes };
    grow(left, this.#shown.bytes.length);
    for (const { sequence, position, bytes } of this.#changes) {
      const end = bytes === undefined ? left.bytes.length : position + bytes.length;
      for (let at = position; at < end;) {
        const sector = Math.floor(at / SECTOR_BYTES);
        const until = Math.min(end, (sector + 1) * SECTOR_BYTES);
        const kept = sectors.get(sector) ?? keptUntil();
        sectors.set(sector, kept);
        if (sequence <= kept) {
          if (bytes === undefined) left.bytes.fill(0, at, until);
          else bytes.copy(left.bytes, at, at - position, until - position);
        }
        at = until;
      }
    }
    grow(left, sizeBytes);
    left.bytes.fill(0, sizeBytes);
    left.sizeBytes = sizeBytes;
    this.#durable = left;
    this.#shown = { bytes: Buffer.from(left.bytes), sizeBytes };
    this.#changes = [];
  }

  #change(change: FileChange): void {
    this.#changes.push(change);
    apply(this.#shown, change);
  }
}

function apply(content: Content, { position, bytes, sizeBytes }: FileChange): void {
  grow(content, sizeBytes);
  if (bytes === undefined) content.bytes.fill(0, position);
  else bytes.copy(content.bytes, position);
  content.sizeBytes = sizeBytes;
}

function grow(content: Content, sizeBytes: number): void {
  if (content.bytes.length >= sizeBytes) return;
  const larger = Buffer.alloc(Math.max(sizeBytes, content.bytes.length * 2, SECTOR_BYTES));
  content.bytes.copy(larger);
  content.bytes = larger;
}
