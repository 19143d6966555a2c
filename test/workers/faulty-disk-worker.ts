/**
 * The real commitlog worker on a disk with faults that a file beside the store's folder turns on: its words are the operation (`fdatasync`, `pwrite`),
 * what its path holds, and a code, or `hang` for an operation that comes to its end when the file is gone.
 */
import { existsSync, readFileSync } from 'node:fs';
import { workerData } from 'node:worker_threads';

import { type FileDescriptor, nodeFileSystem } from '#src/commitlog/file-system.js';
import { allocateDoorbell, Doorbell } from '#src/ring/doorbell.js';
import type { StoreSettings } from '#src/workers/control-message.js';

const { settings } = workerData as { settings: StoreSettings };
const faultPath = `${settings.storePathRootDir}.fault`;
const POLL_MS = 5;
const sleeper = new Doorbell(allocateDoorbell());
const real = { ...nodeFileSystem };
const paths = new Map<FileDescriptor, string>();

function check(operation: string, path: string): void {
  if (!existsSync(faultPath)) return;
  const [faulty, part = '', code = ''] = readFileSync(faultPath, 'utf8').split(' ');
  if (faulty !== operation || !path.includes(part)) return;
  if (code !== 'hang') throw Object.assign(new Error(`${code}: made by a test, ${operation}`), { code });
  while (existsSync(faultPath)) sleeper.wait(() => false, POLL_MS);
}

nodeFileSystem.open = (path, mode) => {
  const file = real.open(path, mode);
  paths.set(file, path);
  return file;
};
nodeFileSystem.pwrite = (file, ...rest) => {
  check('pwrite', paths.get(file) ?? '');
  return real.pwrite(file, ...rest);
};
nodeFileSystem.fdatasync = (file) => {
  check('fdatasync', paths.get(file) ?? '');
  real.fdatasync(file);
};
nodeFileSystem.fdatasyncLater = async (file) => {
  check('fdatasync', paths.get(file) ?? '');
  await real.fdatasyncLater(file);
};

await import('#src/workers/commitlog-worker.js');
