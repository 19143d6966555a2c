/**
 * The number that stands for a message's tags in its consume-queue entry. Any thread.
 * Java: MessageExtBrokerInner.tagsString2tagsCode, String.hashCode.
 */
import { MessageConst, NAME_VALUE_SEPARATOR, propertyInBytes } from './message-properties.js';

/** Java's `String.hashCode`: over UTF-16 units, wrapping at 32 bits. */
export function javaStringHash(text: string): number {
  let hash = 0;
  for (let i = 0; i < text.length; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0;
  return hash;
}

/** The tags code of a TAGS property; 0 for none. */
export function tagsToTagsCode(tags: string | undefined): number {
  return tags === undefined || tags.length === 0 ? 0 : javaStringHash(tags);
}

const TAGS_NEEDLE = Buffer.from(MessageConst.TAGS + NAME_VALUE_SEPARATOR);

/** The tags code of the properties in `source[start, end)`, in their stored form. Works on the bytes: no string is made but the tags. */
export function tagsCodeOfProperties(source: Buffer, start: number, end: number): number {
  return tagsToTagsCode(propertyInBytes(source, start, end, TAGS_NEEDLE));
}
