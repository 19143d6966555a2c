/** Names that belong in one place: shared memory in src/ring, time in src/base/clock.ts. */
import type { Project, Rule } from '../project.js';

interface Belonging {
  readonly names: readonly string[];
  /** Files that the rule looks at. */
  readonly within: RegExp;
  /** Files that may. */
  readonly home: RegExp;
  readonly text: string;
}

function belongs(name: string, { names, within, home, text }: Belonging): Rule {
  return {
    name,
    *check({ sources }: Project) {
      for (const { path, nameUses } of sources) {
        if (!within.test(path) || home.test(path)) continue;
        for (const use of nameUses) {
          if (names.includes(use.name)) yield { path, line: use.line, text: `${use.name}: ${text}` };
        }
      }
    },
  };
}

/** Every lock-free step stands in one folder. */
export const atomicsInRing = belongs('atomics-in-ring', {
  names: ['Atomics'],
  within: /^src\//,
  home: /^src\/ring\//,
  text: 'Atomics are used in src/ring only',
});

/** Tests move the fake clock or wait for an event. */
export const noSleeps = belongs('no-sleeps', {
  names: ['setTimeout', 'setInterval', 'Atomics.wait'],
  within: /^test\//,
  home: /^test\/run\.ts$/,
  text: 'tests wait for events or move the fake clock',
});

/** What is not handed a clock cannot be tested without waiting. */
export const timeFromClock = belongs('time-from-clock', {
  names: ['setTimeout', 'setInterval', 'Date.now', 'performance.now'],
  within: /^src\//,
  home: /^src\/base\/clock\.ts$/,
  text: 'time and timers come from a Clock',
});
