/**
 * How the broker does with very much: `npm run bench:scale -- --messages N | --topics N --queues N | --cold`. Generator process.
 * Decides no test.
 */
import { parseArgs } from 'node:util';
import { runColdReads } from './cold-reads.js';
import { runLongQueue } from './long-queue.js';
import { runManyTopics } from './many-topics.js';

const { values } = parseArgs({
  options: {
    messages: { type: 'string' },
    size: { type: 'string', default: '100' },
    topics: { type: 'string' },
    queues: { type: 'string' },
    cold: { type: 'boolean', default: false },
    each: { type: 'string', default: '20' },
    rate: { type: 'string', default: '5000' },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '6' },
    idle: { type: 'string', default: '60' },
    backlog: { type: 'string', default: '8' },
    data: { type: 'string', default: '/var/tmp/ringmq-scale' },
    folder: { type: 'string' },
  },
});

const data = values.folder ?? values.data;
const common = { data, rounds: Number(values.rounds), seconds: Number(values.seconds), bodyBytes: Number(values.size) };
if (values.cold) {
  await runColdReads({
    ...common,
    queues: Number(values.queues ?? '4'),
    rate: Number(values.rate),
    backlogGib: Number(values.backlog),
  });
} else if (values.topics !== undefined) {
  await runManyTopics({
    ...common,
    topics: Number(values.topics),
    queues: Number(values.queues ?? '8'),
    each: Number(values.each),
    rate: Number(values.rate),
    idleSeconds: Number(values.idle),
  });
} else if (values.messages !== undefined) {
  await runLongQueue({ ...common, messages: Number(values.messages) });
} else {
  process.stderr.write('one of --messages N, --topics N, --cold\n');
  process.exitCode = 2;
}
