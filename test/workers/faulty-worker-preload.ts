/** Given to node with --import: starts `faulty-worker.ts` wherever the commitlog worker is asked for, in a process that is otherwise real. */
import { syncBuiltinESMExports } from 'node:module';
import threads from 'node:worker_threads';

const RealWorker = threads.Worker;

threads.Worker = class extends RealWorker {
  constructor(file: string | URL, options?: threads.WorkerOptions) {
    const isCommitlogWorker = String(file).endsWith('/commitlog-worker.js');
    super(isCommitlogWorker ? new URL('./faulty-worker.js', import.meta.url) : file, options);
  }
};
syncBuiltinESMExports();
