/**
 * What is said of a key that no schema has: a slip of the pen, with the nearest key, or one of Apache's that has no use here.
 * Any thread. Java: none (Apache is silent).
 */

/** One line for the log. `known` are the keys there are; `apacheOnly` those that Apache has and we do not. */
export function describeUnknownKey(key: string, known: readonly string[], apacheOnly: ReadonlySet<string>): string {
  if (apacheOnly.has(key)) return `the key ${key} is kept but has no effect in RingMQ`;
  const near = nearest(key, known);
  return `the key ${key} is unknown; it is kept but has no effect${near === undefined ? '' : ` (did you mean ${near}?)`}`;
}

/** The word most like `word`, or undefined if none is like it. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const most = word.length < 4 ? 1 : Math.max(2, Math.floor(word.length / 4));
  let best: string | undefined;
  let bestDistance = most + 1;
  for (const candidate of candidates) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

/** Letters to add, take out or change. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let index = 0; index < from.length; index++) {
    const next = [index + 1];
    for (let column = 1; column <= to.length; column++) {
      const changed = (row[column - 1] ?? 0) + (to[column - 1] === from[index] ? 0 : 1);
      next.push(Math.min(changed, (row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
