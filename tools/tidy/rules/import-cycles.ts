/** No file imports itself by way of others; imports of types count. */
import type { Project, Rule } from '../project.js';

/** Reports each cycle once, at its first file in the order of paths. */
export const importCycles: Rule = {
  name: 'import-cycles',
  *check({ sources }: Project) {
    const imports = new Map(sources.map(({ path, imports: list }) => [path, list.flatMap((one) => one.path ?? [])]));
    const done = new Set<string>();
    for (const path of imports.keys()) {
      const cycle = findCycle(path, imports, [], done);
      // One report a knot: the next one shows when this one is undone.
      cycle?.forEach((file) => done.add(file));
      if (cycle !== undefined) yield { path: cycle[0] ?? path, line: 1, text: `imports itself: ${cycle.join(' → ')}` };
    }
  },
};

function findCycle(
  path: string,
  imports: ReadonlyMap<string, readonly string[]>,
  trail: string[],
  done: Set<string>,
): string[] | undefined {
  const at = trail.indexOf(path);
  if (at !== -1) return [...trail.slice(at), path];
  if (done.has(path)) return undefined;
  trail.push(path);
  for (const next of imports.get(path) ?? []) {
    const cycle = findCycle(next, imports, trail, done);
    if (cycle !== undefined) return cycle;
  }
  trail.pop();
  done.add(path);
  return undefined;
}
