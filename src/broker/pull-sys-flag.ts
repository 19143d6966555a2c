/** Bits of a pull's sysFlag. Main thread. Java: PullSysFlag. */
export const PullSysFlag = {
  /** The pull carries the group's offset of this queue. */
  COMMIT_OFFSET: 0x1,
  /** The client waits for `suspendTimeoutMillis` if there is nothing yet. */
  SUSPEND: 0x2,
  /** The pull carries its own filter expression. */
  SUBSCRIPTION: 0x4,
  CLASS_FILTER: 0x8,
  LITE_PULL_MESSAGE: 0x10,
} as const;

/** True if `bit`, one of {@link PullSysFlag}, is set. */
export function hasPullFlag(sysFlag: number, bit: number): boolean {
  return (sysFlag & bit) !== 0;
}
