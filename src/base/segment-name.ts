/** Names of the store's files: the first byte's offset in 20 digits. Any thread. Java: UtilAll.offset2FileName. */

const NAME_PATTERN = /^\d{20}$/;

/** The name of the file that begins at `startOffset`. */
export function segmentName(startOffset: number): string {
  return String(startOffset).padStart(20, '0');
}

/** The offset that a file's name says, or undefined when it is not such a name. */
export function startOffsetOfSegment(name: string): number | undefined {
  return NAME_PATTERN.test(name) ? Number(name) : undefined;
}
