/** The results page: the matrix of client × case as Markdown, what each case expects, and why a cell is no pass. */
import type { CompatCase } from './cases/compat-case.js';
import type { Client } from './client-table.js';
import type { Cell } from './column.js';

const MARKS = { passed: 'pass', failed: '**FAIL**', 'not applicable': 'n/a' } as const;

/** Renders the page; `cells` in any order. */
export function resultsPage(
  tested: string,
  clients: readonly Client[],
  cases: readonly CompatCase[],
  cells: readonly Cell[],
): string {
  const cellOf = (client: Client, compatCase: CompatCase): string => {
    const cell = cells.find((each) => each.client === client && each.compatCase === compatCase);
    return cell === undefined ? '**not run**' : MARKS[cell.kind];
  };
  const rows = cases.map(
    (compatCase) =>
      `| ${compatCase.name} | ${compatCase.expectation} | ${clients.map((client) => cellOf(client, compatCase)).join(' | ')} |`,
  );
  const failed = cells.filter(({ kind }) => kind === 'failed');
  const lines = [
    '# Compatibility with the official clients',
    '',
    `Written by \`npm run compat\`: the official clients against ${tested}. ${counts(cells)}.`,
    '',
    `| case | what must come out | ${clients.map(({ title }) => title).join(' | ')} |`,
    `| --- | --- | ${clients.map(() => '---').join(' | ')} |`,
    ...rows,
    '',
    ...section(
      'Not passed',
      failed.map((cell) => `- ${cell.client.title}, ${cell.compatCase.name}: ${oneLine(cell.detail)}`),
    ),
    ...section('Not applicable', notApplicable(cells)),
  ];
  return `${lines.join('\n').trimEnd()}\n`;
}

/** The counts in words. */
export function counts(cells: readonly Cell[]): string {
  const count = (kind: Cell['kind']): number => cells.filter((cell) => cell.kind === kind).length;
  return `${count('passed')} passed, ${count('failed')} failed, ${count('not applicable')} not applicable`;
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`## ${title}`, '', ...lines, ''];
}

function notApplicable(cells: readonly Cell[]): string[] {
  return cells
    .filter(({ kind }) => kind === 'not applicable')
    .map((cell) => `- ${cell.client.title}, ${cell.compatCase.name}: ${cell.detail}`);
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').replaceAll('|', '\\|');
}
