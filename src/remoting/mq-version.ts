/** The version number that our commands carry. Main thread. Java: MQVersion; `test/remoting/golden.test.ts` holds it against Apache's encoder. */

/** Ordinal of MQVersion.Version.V5_5_0. */
export const CURRENT_VERSION = 513;

/** Ordinal of V3_0_7_SNAPSHOT: the first client to take resets of offsets and questions about them. */
export const RESET_OFFSET_VERSION = 28;
/** Ordinal of V3_1_8_SNAPSHOT: the first client to tell how it runs and to consume a message on request. */
export const RELAY_VERSION = 62;

/** The versions before {@link RELAY_VERSION} were numbered `3.0.0`, `3.0.1` to `3.0.15` and `3.1.0` to `3.1.7`, each after its snapshot. */
const FIRST_NAMES = ['SNAPSHOT', 'ALPHA1', 'BETA1', 'BETA2', 'BETA3', 'BETA4', 'BETA5']
  .concat([6, 7, 8, 9].flatMap((beta) => [`BETA${beta}_SNAPSHOT`, `BETA${beta}`]))
  .concat('FINAL');
const OLD_VERSIONS = [
  ...FIRST_NAMES.map((name) => `V3_0_0_${name}`),
  ...versionNames('V3_0', 1, 15),
  ...versionNames('V3_1', 0, 7),
];

function versionNames(series: string, first: number, last: number): string[] {
  return Array.from({ length: last - first + 1 }, (_, index) => `${series}_${first + index}`).flatMap((name) => [
    `${name}_SNAPSHOT`,
    name,
  ]);
}

/** Java's name of a version that is older than {@link RELAY_VERSION}; of a newer one its ordinal. Java: MQVersion.getVersionDesc. */
export function oldVersionName(version: number): string {
  return OLD_VERSIONS[version] ?? String(version);
}
