/**
 * The number that stands for a message's tags in its consume-queue entry. Any thread.
 * Java: MessageExtBrokerInner.tagsString2tagsCode, String.hashCode.
 */

/** Java's `String.hashCode`: over UTF-16 units, wrapping at 32 bits. */
export function javaStringHash(text: string): number {
  return javaStringHashAfter(0, text);
}

/** The hash of a string that begins with one of hash `before` and ends with `text`. */
export function javaStringHashAfter(before: number, text: string): number {
  let hash = before;
  for (let i = 0; i < text.length; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0;
  return hash;
}

/** The tags code of a TAGS property; 0 for none. */
export function tagsToTagsCode(tags: string | undefined): number {
  return tags === undefined || tags.length === 0 ? 0 : javaStringHash(tags);
}
