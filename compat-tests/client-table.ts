/**
 * The clients of the matrix: which official client, in which version, and how its driver is started in the container.
 * Each driver is one process that reads case names from stdin (compat-tests/java, compat-tests/go).
 */

/** A client library's language; cases name it where a whole library lacks a feature. */
export type ClientLanguage = 'java' | 'go';

/** One column of the matrix. */
export interface Client {
  readonly id: string;
  readonly title: string;
  readonly language: ClientLanguage;
  readonly version: string;
  /** No newer version of its library is among the columns. */
  readonly isNewest: boolean;
}

/** The Java versions that the image is built with. */
export const JAVA_CLIENT_VERSIONS = ['4.9.8', '5.1.3', '5.5.0'] as const;

/** The version that compat-tests/go/go.mod names. */
const GO_CLIENT_VERSION = '2.1.2';

/** Every column of the matrix, in its order. */
export const CLIENTS: readonly Client[] = [
  ...JAVA_CLIENT_VERSIONS.map((version): Client => ({
    id: `java-${version}`,
    title: `Java ${version}`,
    language: 'java',
    version,
    isNewest: version === JAVA_CLIENT_VERSIONS.at(-1),
  })),
  {
    id: `go-${GO_CLIENT_VERSION}`,
    title: `Go ${GO_CLIENT_VERSION}`,
    language: 'go',
    version: GO_CLIENT_VERSION,
    isNewest: true,
  },
];

/** The command line of the client's driver in the container. */
export function driverCommand(client: Client, serialisation: 'JSON' | 'ROCKETMQ'): readonly string[] {
  if (client.language === 'go') return ['/opt/compat/go/driver'];
  return [
    'java',
    '-Xms64m',
    '-Xmx512m',
    '-XX:+UseSerialGC',
    '-Duser.home=/tmp',
    `-Drocketmq.serialize.type=${serialisation}`,
    '-cp',
    `/opt/compat/java/classes/${client.version}:/opt/compat/java/lib/${client.version}/*`,
    'ringmq.compat.Driver',
  ];
}
