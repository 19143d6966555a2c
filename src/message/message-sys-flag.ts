/** Bits of a message's sysFlag. Any thread. Java: MessageSysFlag. */
export const SysFlag = {
  COMPRESSED: 0x1,
  MULTI_TAGS: 0x2,
  TRANSACTION_PREPARED: 0x4,
  TRANSACTION_COMMIT: 0x8,
  TRANSACTION_ROLLBACK: 0xc,
  BORN_HOST_V6: 0x10,
  STORE_HOST_V6: 0x20,
  NEED_UNWRAP: 0x40,
  INNER_BATCH: 0x80,
} as const;

/** The transaction type of a message: 0 for none, or one of the TRANSACTION bits. */
export function transactionTypeOf(sysFlag: number): number {
  return sysFlag & SysFlag.TRANSACTION_ROLLBACK;
}
