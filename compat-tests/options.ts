/** The command line of `npm run compat -- …`: what is run, against whom, from which base image. */
import { parseArgs } from 'node:util';
import { CASES } from './case-table.js';
import type { CompatCase } from './cases/compat-case.js';
import { type Client, CLIENTS } from './client-table.js';

/** What the command line asked for. */
export interface Options {
  readonly target: 'ringmq' | 'apache';
  readonly baseImage: string;
  readonly cases: readonly CompatCase[];
  readonly clients: readonly Client[];
  /** Columns that run at the same time. */
  readonly jobs: number;
  /** Whole matrix: only then is the results page written. */
  readonly isWhole: boolean;
}

/** The help text. */
export const USAGE = `usage: npm run compat -- [flags]

Runs the official Java and Go clients in a container against the built broker, and writes compat-tests/RESULTS.md.

  --target ringmq|apache   whom to test; apache is Apache's own 5.5.0 broker, which proves the cases (RESULTS-apache.md)
  --only CASE[,CASE]       only these cases
  --client ID[,ID]         only these clients: ${CLIENTS.map(({ id }) => id).join(', ')}
  --base-image NAME        Debian image to build on (RINGMQ_COMPAT_BASE_IMAGE; debian:bookworm). Made from Debian's packages
                           by compat-tests/make-base-image.sh where it is neither here nor to be pulled
  --jobs N                 clients that run at the same time (2)
`;

function selected<T>(all: readonly T[], nameOf: (item: T) => string, wanted: string | undefined): readonly T[] {
  if (wanted === undefined) return all;
  return wanted.split(',').map((name) => {
    const found = all.find((item) => nameOf(item) === name);
    if (found === undefined) throw new Error(`there is no ${name}; there are: ${all.map(nameOf).join(', ')}`);
    return found;
  });
}

/** Reads the arguments after the script's name; throws with a sentence for people when they are wrong. */
export function parseOptions(args: readonly string[], env: NodeJS.ProcessEnv): Options | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      target: { type: 'string', default: 'ringmq' },
      only: { type: 'string' },
      client: { type: 'string' },
      'base-image': { type: 'string', default: env['RINGMQ_COMPAT_BASE_IMAGE'] ?? 'debian:bookworm' },
      jobs: { type: 'string', default: '2' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return 'help';
  const { target } = values;
  if (target !== 'ringmq' && target !== 'apache') throw new Error(`--target is ringmq or apache, not ${target}`);
  const jobs = Number(values.jobs);
  if (!Number.isInteger(jobs) || jobs < 1) throw new Error(`--jobs is a number from 1, not ${values.jobs}`);
  return {
    target,
    baseImage: values['base-image'],
    cases: selected(CASES, ({ name }) => name, values.only),
    clients: selected(CLIENTS, ({ id }) => id, values.client),
    jobs,
    isWhole: values.only === undefined && values.client === undefined,
  };
}
