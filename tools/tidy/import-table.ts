/**
 * Which folder of src may import which: the threads and layers of the design, as data.
 * Invariant: a folder that is not here may import nothing and be imported by nobody.
 */

/** `folder` or `folder/file` of src → what it may import, in the same terms; itself always. */
export const IMPORT_TABLE: Readonly<Record<string, readonly string[]>> = {
  base: [],
  message: ['base'],
  ring: ['base'],
  remoting: ['base'],
  // Compiles filter expressions on whatever thread looks at messages: the main thread and the pool.
  filter: ['base', 'message'],
  commitlog: ['base', 'message', 'ring'],
  // These belong to the commitlog worker and reach the disk through one interface.
  consumequeue: ['base', 'message', 'ring', 'commitlog/file-system'],
  index: ['base', 'message', 'ring', 'commitlog/file-system'],
  ha: ['base', 'message', 'ring', 'commitlog'],
  // The store's front encodes records, which is why it needs `message`.
  workers: ['base', 'message', 'filter', 'ring', 'commitlog', 'consumequeue', 'index', 'ha'],
  // The broker sees the store's front, never a thread or a ring's owner.
  broker: [
    'base',
    'message',
    'filter',
    'ring',
    'remoting',
    'workers/message-store',
    'workers/store-client',
    'workers/replication',
    'workers/store-retention',
  ],
  namesrv: ['base', 'remoting'],
  // Drives any broker over its port: shares no code with what it measures.
  load: ['base', 'message', 'remoting'],
  // Looks at the files of a store that need not be open: no thread's memory, only the formats and the pool.
  inspection: ['base', 'message', 'commitlog', 'consumequeue', 'index', 'workers/task-pool'],
  cli: [
    'base',
    'broker',
    'namesrv',
    'inspection',
    'load',
    'commitlog/file-system',
    'commitlog/store-lock',
    'message/delay-level-table',
    'remoting/host-address',
    'index.ts',
  ],
  // The composition root, and the package's face.
  'index.ts': ['base', 'broker', 'namesrv', 'remoting', 'workers'],
};
