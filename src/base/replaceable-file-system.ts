/**
 * All that a ReplaceableFile asks of a disk, in one small interface, so that tests can stand in a simulated one. Any thread. Java: none.
 * Errors are Node's (`code` ENOENT, ENOSPC, EIO …).
 */
import { copyFile, mkdir, open, readFile, rename } from 'node:fs/promises';

/** The disk; nothing blocks the thread. */
export interface ReplaceableFileSystem {
  /** A file's text. */
  readText(path: string): Promise<string>;
  /** Makes a folder and those above it; settles with the first that was not there, if any. */
  makeFolder(path: string): Promise<string | undefined>;
  /** Puts `text` in place of what the file held, if there is one; its bytes are durable then, its name need not be. */
  writeDurably(path: string, text: string): Promise<void>;
  copy(from: string, to: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /** Makes names in a folder durable. */
  syncFolder(path: string): Promise<void>;
}

/** The operating system's. */
export const nodeReplaceableFileSystem: ReplaceableFileSystem = {
  readText: (path) => readFile(path, 'utf8'),
  makeFolder: (path) => mkdir(path, { recursive: true }),
  writeDurably,
  copy: (from, to) => copyFile(from, to),
  rename: (from, to) => rename(from, to),
  syncFolder,
};

async function writeDurably(path: string, text: string): Promise<void> {
  const file = await open(path, 'w');
  try {
    await file.writeFile(text);
    await file.datasync();
  } finally {
    await file.close();
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
