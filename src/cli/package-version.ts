/** The version of this package, for `--version`. Main thread. Java: MQVersion. */
import { readFileSync } from 'node:fs';

/** As package.json has it. */
export function packageVersion(): string {
  const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  return manifest.version;
}
