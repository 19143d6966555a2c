/** The version number that our commands carry. Main thread. Java: MQVersion; `test/remoting/golden.test.ts` holds it against Apache's encoder. */

/** Ordinal of MQVersion.Version.V5_5_0. */
export const CURRENT_VERSION = 513;
