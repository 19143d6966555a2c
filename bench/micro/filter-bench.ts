/** What a filter costs for each message that a pull looks at: tags by their code, properties by SQL92. Micro benchmark. */
import { PullFilters } from '#src/broker/pull-filter.js';
import { compileSqlFilter } from '#src/filter/sql-filter.js';
import { PropertyFilter } from '#src/filter/property-filter.js';
import { javaStringHash } from '#src/message/tags-code.js';
import { encodeRecord, type RecordFields, recordSize } from '#src/message/stored-record.js';
import type { MicroBenchmark } from './micro-benchmark.js';

const CODES = 1024;
const HOST = Buffer.from([127, 0, 0, 1, 0, 0, 0x2a, 0x9f]);
const TOPIC = Buffer.from('bench-topic');
const PROPERTIES =
  'UNIQ_KEY\u0001C0A80001000018B4AAC21999999999\u0002TAGS\u0001TagA\u0002WAIT\u0001true\u0002price\u0001149\u0002region\u0001north\u0002';
const SQL = "price BETWEEN 100 AND 200 AND region IN ('north', 'east')";

const message: RecordFields = {
  queueId: 1,
  flag: 0,
  sysFlag: 0,
  bornTimestampMs: 1_700_000_000_000,
  bornHost: HOST,
  reconsumeTimes: 0,
  preparedTransactionOffset: 0,
  body: Buffer.alloc(1024, 'x'),
};

/** Matches go here, so that no question is thrown away by the compiler. */
const seen = { matches: 0 };

/** The questions of tag filters are asked of one code after another; the baseline hashes as many tags. */
export function filterBenchmarks(): MicroBenchmark[] {
  const tags = Array.from({ length: CODES }, (_, i) => `Tag${i % 10}`);
  const codes = tags.map(javaStringHash);
  const filters = new PullFilters();
  const [one, three] = [filters.ofExpression('Tag1'), filters.ofExpression('Tag1 || Tag2 || Tag3')];
  if (typeof one !== 'function' || typeof three !== 'function') throw new Error('a tag makes a filter of codes');
  const properties = new PropertyFilter({ expression: SQL, byRealTopic: undefined });
  const propertiesBytes = Buffer.byteLength(PROPERTIES);
  const record = Buffer.alloc(recordSize(HOST.length, HOST.length, message.body.length, TOPIC.length, propertiesBytes));
  encodeRecord(record, 0, message, HOST, TOPIC, PROPERTIES, propertiesBytes);
  if (!properties.isMatch(record, 0, record.length)) throw new Error('the message is one that the expression wants');
  const wanted = codes[1] ?? 0;
  const group = 'filter';
  return [
    {
      group,
      name: 'hash of a tag alone',
      isBaseline: true,
      operations: CODES,
      run: () => {
        for (const tag of tags) if (javaStringHash(tag) === wanted) seen.matches++;
      },
    },
    {
      group,
      name: 'one tag, a message',
      operations: CODES,
      run: () => {
        for (const code of codes) if (one(code)) seen.matches++;
      },
    },
    {
      group,
      name: 'three tags, a message',
      operations: CODES,
      run: () => {
        for (const code of codes) if (three(code)) seen.matches++;
      },
    },
    {
      group,
      name: 'filter of a known tag expression',
      run: () => void (seen.matches += filters.ofExpression('Tag1 || Tag2 || Tag3') === undefined ? 0 : 1),
    },
    { group, name: 'known SQL92 expression', run: () => void (seen.matches += compileSqlFilter(SQL).size) },
    {
      group,
      name: 'two SQL92 conditions, a message',
      run: () => void (seen.matches += properties.isMatch(record, 0, record.length) ? 1 : 0),
    },
  ];
}
