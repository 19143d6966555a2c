/** Finding a message of a queue: by topic and queue id, in the tail in memory, and in the bytes of a consume-queue file. Micro benchmark. */
import { ENTRY_BYTES, readEntry, writeEntry } from '#src/consumequeue/consume-queue-entry.js';
import { TAIL_ENTRIES_MAX } from '#src/workers/consume-queue-tail.js';
import { QueueTable } from '#src/workers/queue-table.js';
import type { MicroBenchmark } from './micro-benchmark.js';

const TOPICS = 1000;
const QUEUES = 4;
/** Entries that one pull looks at. */
const ENTRIES_A_PULL = 32;
const RECORD_BYTES = 1200;
/** Entries of a file that is read in one go. */
const FILE_ENTRIES = 1024;

/** Looked-up values go here, so that no look-up is thrown away by the compiler. */
const seen = { sum: 0 };

function filledTable(): QueueTable {
  const table = new QueueTable();
  for (let i = 0; i < TOPICS * QUEUES; i++) table.open(`bench-topic-${i % TOPICS}`, Math.floor(i / TOPICS));
  const tail = table.find('bench-topic-500', 1)?.tail;
  for (let i = 0; i < TAIL_ENTRIES_MAX; i++) tail?.push(i, i * RECORD_BYTES, RECORD_BYTES, i % 7, () => 0);
  return table;
}

function fileBytes(): Buffer {
  const bytes = Buffer.alloc(FILE_ENTRIES * ENTRY_BYTES);
  for (let i = 0; i < FILE_ENTRIES; i++) writeEntry(bytes, i * ENTRY_BYTES, i * RECORD_BYTES, RECORD_BYTES, i % 7);
  return bytes;
}

/** Topics and queue ids come as a request brings them: as new strings. The baseline sums as many numbers as a pull takes from the tail. */
export function consumeQueueBenchmarks(): MicroBenchmark[] {
  const table = filledTable();
  const tail = table.find('bench-topic-500', 1)?.tail;
  if (tail === undefined) throw new Error('the queue was opened');
  const bytes = fileBytes();
  const numbers = new Float64Array(TAIL_ENTRIES_MAX * 3).map((_, i) => i);
  let at = 0;
  const nextAt = (): number => (at = (at + ENTRIES_A_PULL) % (FILE_ENTRIES - ENTRIES_A_PULL));
  const group = 'queue';
  return [
    {
      group,
      name: 'sum of three numbers an entry alone',
      isBaseline: true,
      operations: ENTRIES_A_PULL,
      run: () => {
        const from = nextAt() * 3;
        for (let i = from; i < from + ENTRIES_A_PULL * 3; i++) seen.sum += numbers[i] ?? 0;
      },
    },
    {
      group,
      name: 'queue by topic and id, of 4,000',
      run: () => void (seen.sum += table.find(`bench-topic-${500 + (nextAt() & 7)}`, 1)?.key ?? 0),
    },
    {
      group,
      name: 'entry in the tail',
      operations: ENTRIES_A_PULL,
      run: () => {
        const from = nextAt();
        for (let offset = from; offset < from + ENTRIES_A_PULL; offset++)
          seen.sum += tail.physicalOffsetAt(offset) + tail.sizeAt(offset) + tail.tagsCodeAt(offset);
      },
    },
    {
      group,
      name: 'entry in the bytes of a file',
      operations: ENTRIES_A_PULL,
      run: () => {
        const from = nextAt();
        for (let i = from; i < from + ENTRIES_A_PULL; i++) seen.sum += readEntry(bytes, i * ENTRY_BYTES).sizeBytes;
      },
    },
  ];
}
