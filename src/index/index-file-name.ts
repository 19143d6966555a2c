/**
 * Names of the index's files: the local time of their making, to the millisecond, in 17 digits. Commitlog worker.
 * Java: UtilAll.timeMillisToHumanString.
 * Invariant: a later file's name is greater, since readers of both makers go by the names' order.
 */

const NAME_PATTERN = /^\d{17}$/;

/** True for the name of an index file. */
export function isIndexFileName(name: string): boolean {
  return NAME_PATTERN.test(name);
}

/**
 * The name of a file made at `nowMs`, after one called `before`. Differs: when the clock does not say a later time, at the end of summer time or within a
 * millisecond, Apache writes into the file of that name or takes the files in a wrong order after a restart; here the number is one more.
 */
export function indexFileName(nowMs: number, before: string | undefined): string {
  const now = new Date(nowMs);
  const name =
    digits(now.getFullYear(), 4) +
    digits(now.getMonth() + 1, 2) +
    digits(now.getDate(), 2) +
    digits(now.getHours(), 2) +
    digits(now.getMinutes(), 2) +
    digits(now.getSeconds(), 2) +
    digits(now.getMilliseconds(), 3);
  return before === undefined || name > before ? name : String(BigInt(before) + 1n).padStart(before.length, '0');
}

function digits(value: number, count: number): string {
  return String(value).padStart(count, '0');
}
