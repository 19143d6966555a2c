/** Names of files: kebab-case, after what they declare; no drawers for odds and ends, no barrels. */
import { posix } from 'node:path';

import type { Project, Rule } from '../project.js';

const KEBAB_CASE = /^[a-z0-9]+(-[a-z0-9]+)*(\.test|\.d)?\.ts$/;
const DRAWERS = new Set(['util', 'utils', 'helper', 'helpers', 'common', 'misc', 'impl']);
/** A file of exports and no more; as a part of a name, it is RocketMQ's index of keys. */
const BARREL = 'index';
const FACE_OF_THE_PACKAGE = 'src/index.ts';

/** Kebab-case, and not called after nothing. */
export const fileNames: Rule = {
  name: 'file-names',
  *check({ sources }: Project) {
    for (const { path } of sources) {
      if (path === FACE_OF_THE_PACKAGE) continue;
      const name = posix.basename(path);
      if (!KEBAB_CASE.test(name)) yield { path, line: 1, text: 'the name is not kebab-case' };
      const words = name.split(/[-.]/);
      const drawer = words[1] === 'ts' && words[0] === BARREL ? BARREL : words.find((word) => DRAWERS.has(word));
      if (drawer !== undefined) yield { path, line: 1, text: `a file is not called ${drawer}` };
    }
  },
};

/** A name is imported from the file that declares it. */
export const noBarrels: Rule = {
  name: 'no-barrels',
  *check({ sources }: Project) {
    for (const { path, reExportLines } of sources) {
      if (path === FACE_OF_THE_PACKAGE) continue;
      for (const line of reExportLines) yield { path, line, text: 'hands on what another file declares' };
    }
  },
};
