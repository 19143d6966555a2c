/** Runs one of the package's commands as users do, and hands back what it wrote. For the tests of src/cli. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

/** A command that has ended. */
export interface Ending {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command that may still be running. */
export class CommandProcess {
  readonly #child: ChildProcess;
  #stdout = '';
  #stderr = '';

  /** `name` is a file of dist/cli; `env` is all of the environment but PATH. */
  constructor(name: string, args: readonly string[], env: Readonly<Record<string, string>> = {}, cwd?: string) {
    const file = fileURLToPath(import.meta.resolve(`#src/cli/${name}.js`));
    this.#child = spawn(process.execPath, [file, ...args], { env: { PATH: process.env['PATH'], ...env }, cwd });
    this.#child.stdout?.on('data', (chunk: Buffer) => (this.#stdout += chunk.toString()));
    this.#child.stderr?.on('data', (chunk: Buffer) => (this.#stderr += chunk.toString()));
  }

  /** Resolves with what stdout says once it has `text`; rejects if the command ends before. */
  untilPrinted(text: string): Promise<string> {
    return this.#until(text, this.#child.stdout, () => this.#stdout);
  }

  /** As `untilPrinted`, of stderr. */
  untilLogged(text: string): Promise<string> {
    return this.#until(text, this.#child.stderr, () => this.#stderr);
  }

  /** Sends a signal. */
  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Resolves when the command has ended and all it wrote was read. */
  async ended(): Promise<Ending> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) await once(this.#child, 'close');
    return { exitCode: this.#child.exitCode, stdout: this.#stdout, stderr: this.#stderr };
  }

  async #until(text: string, stream: Readable | null, written: () => string): Promise<string> {
    const closed = once(this.#child, 'close').then(() => true);
    while (!written().includes(text)) {
      const next = stream === null ? closed : once(stream, 'data').then(() => false);
      const isOver = await Promise.race([next, closed]);
      if (isOver && !written().includes(text))
        throw new Error(`ended without "${text}":\n${this.#stdout}${this.#stderr}`);
    }
    return written();
  }
}
