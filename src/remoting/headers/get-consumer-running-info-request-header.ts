/**
 * Header of GET_CONSUMER_RUNNING_INFO (307), on its way to the broker and on to the client. Main thread.
 * Java: GetConsumerRunningInfoRequestHeader. `jstackEnable` is the client's to read.
 */
import { boolean, defineHeader, string, type HeaderOf } from '../header-schema.js';

/** The request. */
export const GetConsumerRunningInfoRequestHeader = defineHeader('GetConsumerRunningInfoRequestHeader', {
  consumerGroup: string(),
  clientId: string(),
  jstackEnable: boolean().default(false),
});
/** Decoded {@link GetConsumerRunningInfoRequestHeader}. */
export type GetConsumerRunningInfoRequestHeader = HeaderOf<typeof GetConsumerRunningInfoRequestHeader>;
