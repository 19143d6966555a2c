/** Runs one of the package's commands as users do, and hands back what it wrote. For the tests of src/cli. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
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
  async untilPrinted(text: string): Promise<string> {
    const closed = once(this.#child, 'close');
    while (!this.#stdout.includes(text)) {
      const isOver = await Promise.race([this.#nextOutput(), closed.then(() => true)]);
      if (isOver && !this.#stdout.includes(text))
        throw new Error(`ended without "${text}":\n${this.#stdout}${this.#stderr}`);
    }
    return this.#stdout;
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

  async #nextOutput(): Promise<boolean> {
    if (this.#child.stdout !== null) await once(this.#child.stdout, 'data');
    return false;
  }
}
