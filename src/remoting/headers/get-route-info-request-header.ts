/**
 * Header of GET_ROUTEINFO_BY_TOPIC (105). Main thread.
 * Java: GetRouteInfoRequestHeader.
 */
import { boolean, defineHeader, string, type HeaderOf } from '../header-schema.js';

/** The request. */
export const GetRouteInfoRequestHeader = defineHeader('GetRouteInfoRequestHeader', {
  topic: string(),
  acceptStandardJsonOnly: boolean().optional(),
});
/** Decoded {@link GetRouteInfoRequestHeader}. */
export type GetRouteInfoRequestHeader = HeaderOf<typeof GetRouteInfoRequestHeader>;
