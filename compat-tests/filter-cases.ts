/** Compatibility cases of SQL92 filters, as data. */
import type { CompatCase } from './compat-case.js';

const NO_CHECK_OF_EXPRESSIONS = 'the Go client does not have its expressions checked before it starts';
const FILTERING = { enablePropertyFilter: 'true' } as const;

/** Rows of the matrix, in their order. */
export const FILTER_CASES: readonly CompatCase[] = [
  {
    name: 'filter-push',
    expectation:
      'exactly their messages for six SQL92 expressions: numbers, text, IS NULL, BETWEEN, IN, CONTAINS, TRUE and FALSE',
    cluster: 'own',
    settings: FILTERING,
  },
  {
    name: 'filter-wrong',
    expectation: 'a consumer with a wrong expression does not start: SUBSCRIPTION_PARSE_FAILED, line and column named',
    cluster: 'own',
    settings: FILTERING,
    notApplicable: { go: NO_CHECK_OF_EXPRESSIONS },
  },
  {
    name: 'filter-off',
    expectation: 'without enablePropertyFilter SQL92 expressions are refused at the start and in pulls',
    notApplicable: { go: NO_CHECK_OF_EXPRESSIONS },
  },
  {
    name: 'filter-pull',
    expectation: 'the pull consumer gets pages by expression, with bounds and statuses',
    cluster: 'own',
    settings: FILTERING,
    notApplicable: { go: 'a pull of the Go client’s pull consumer carries tags only' },
  },
  {
    name: 'filter-batch',
    expectation: 'messages of a batch are filtered each by its own properties',
    cluster: 'own',
    settings: FILTERING,
  },
  {
    name: 'filter-wakes',
    expectation: 'a waiting consumer has a wanted message within 2 s of its sending, among others that are not',
    cluster: 'own',
    settings: FILTERING,
  },
  {
    name: 'filter-backlog',
    expectation: '14 of 10,000 messages are found after the broker was restarted',
    cluster: 'own',
    settings: FILTERING,
  },
];
