/**
 * GET_ALL_MESSAGE_REQUEST_MODE (402), GET_TIMER_CHECK_POINT (60) and GET_TIMER_METRICS (61): what Apache's slaves ask every minute, and every 3 s.
 * Main thread. Java: AdminBrokerProcessor, TimerCheckpoint, TimerMetrics.
 *
 *     checkpoint   0   i64  lastReadTimeMs          up to when the wheel has delivered: there is none, so up to now
 *                  8   i64  lastTimerLogFlushPos    0
 *                  16  i64  lastTimerQueueOffset    0
 *                  24  i64  masterTimerQueueOffset  0
 *                  32  i64  stateVersion            a data version: 0
 *                  40  i64  timestamp               start of this broker
 *                  48  i64  counter                 0
 *
 * Invariant: they say what Apache's broker says whose timer wheel is empty, so that its slaves neither warn nor wait.
 */
import type { Clock } from '../../base/clock.js';
import { DataVersion } from '../../remoting/bodies/data-version.js';
import type { RequestProcessor } from '../../remoting/connection.js';
import { createResponse } from '../../remoting/remoting-command.js';
import { ResponseCode } from '../../remoting/response-code.js';
import type { MessageRequestModes } from '../message-request-modes.js';
import { firstVersion } from '../table-version.js';

const CHECKPOINT_BYTES = 56;
const TIMESTAMP_POSITION = 40;
/** Java: TimerMessageStore.DEFAULT_PRECISION of the wheel. */
const PRECISION_MS = 1000;

/** What these need. */
export interface SlaveTimerProcessorDeps {
  readonly requestModes: MessageRequestModes;
  readonly clock: Clock;
}

/** Makes the processor of 402. */
export function createGetAllMessageRequestModeProcessor({ requestModes }: SlaveTimerProcessorDeps): RequestProcessor {
  return (request) =>
    createResponse(request, ResponseCode.SUCCESS, undefined, undefined, Buffer.from(requestModes.encode()));
}

/** Makes the processor of 60. */
export function createGetTimerCheckPointProcessor({ clock }: SlaveTimerProcessorDeps): RequestProcessor {
  const startMs = clock.nowMs();
  return (request) => {
    const body = Buffer.alloc(CHECKPOINT_BYTES);
    const nowMs = clock.nowMs();
    body.writeBigInt64BE(BigInt(nowMs - (nowMs % PRECISION_MS)), 0);
    body.writeBigInt64BE(BigInt(startMs), TIMESTAMP_POSITION);
    return createResponse(request, ResponseCode.SUCCESS, undefined, undefined, body);
  };
}

/** Makes the processor of 61. */
export function createGetTimerMetricsProcessor({ clock }: SlaveTimerProcessorDeps): RequestProcessor {
  const dataVersion = DataVersion.write(firstVersion(clock.nowMs()));
  return (request) => {
    const body = Buffer.from(JSON.stringify({ dataVersion, timingCount: {} }));
    return createResponse(request, ResponseCode.SUCCESS, undefined, undefined, body);
  };
}
