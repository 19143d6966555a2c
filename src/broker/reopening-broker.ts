/**
 * A broker that is closed and opened anew, in the same process and on the same ports, when a slave's log is to be cut. Main thread. Java: none.
 * Invariant: at any time at most one controller is there; whoever holds this object need not know which.
 * Why so: everything that remembers an end of the log (queues, window, handles, held pulls, the index) begins anew, and a cut is a part of
 * recovery, which is there anyway. Its clients connect again, as after a restart.
 */
import { BrokerController, type BrokerControllerOptions } from './broker-controller.js';
import type { StoreCut } from './broker-store.js';

/** See the file's comment; the rest is BrokerController's. */
export class ReopeningBroker {
  /** Resolves after `stop`; rejects when the broker has stopped by itself. */
  readonly closed: Promise<void>;
  readonly #options: Omit<BrokerControllerOptions, 'cut' | 'onDivergence'>;
  #controller: BrokerController;
  #settleClosed: { resolve(): void; reject(error: Error): void } = {
    resolve: () => undefined,
    reject: () => undefined,
  };
  #reopening: Promise<void> | undefined;
  #isStopping = false;
  /** A cut that could not be made is not tried for ever. */
  #failedCutOffset: number | undefined;

  constructor(options: Omit<BrokerControllerOptions, 'cut' | 'onDivergence'>) {
    this.#options = options;
    this.#controller = this.#create(undefined);
    this.closed = new Promise((resolve, reject) => {
      this.#settleClosed = { resolve, reject };
    });
    // Whoever does not look at `closed` is not to be ended by it.
    this.closed.catch(() => undefined);
  }

  /** `host:port` that clients are told. */
  get brokerAddress(): string {
    return this.#controller.brokerAddress;
  }

  /** As BrokerController.start. */
  async start(): Promise<void> {
    await this.#controller.start();
    this.#follow(this.#controller);
  }

  /** As BrokerController.stop; one that is being opened anew is stopped when that is done. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.#reopening;
    await this.#controller.stop();
    this.#settleClosed.resolve();
  }

  #create(cut: StoreCut | undefined): BrokerController {
    return new BrokerController({ ...this.#options, cut, onDivergence: (next) => this.#onDivergence(next) });
  }

  #follow(controller: BrokerController): void {
    controller.closed.catch((error: unknown) => this.#fail(error));
  }

  #onDivergence(cut: StoreCut): void {
    if (this.#isStopping || this.#reopening !== undefined) return;
    if (cut.fromOffset === this.#failedCutOffset) {
      const { logger } = this.#options;
      logger.error('the log could not be cut before; it is not replicated until this broker is started again', {
        ...cut,
      });
      return;
    }
    this.#reopening = this.#reopen(cut).finally(() => {
      this.#reopening = undefined;
    });
  }

  /** Never rejects: what cannot be opened is told by `closed`. */
  async #reopen(cut: StoreCut): Promise<void> {
    try {
      await this.#controller.stop();
      await this.#open(cut).catch(async (cause: unknown) => {
        this.#options.logger.error('the log cannot be cut and is opened as it is', { cause, ...cut });
        this.#failedCutOffset = cut.fromOffset;
        await this.#open(undefined);
      });
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    this.#settleClosed.reject(error instanceof Error ? error : new Error(String(error)));
  }

  async #open(cut: StoreCut | undefined): Promise<void> {
    this.#controller = this.#create(cut);
    await this.#controller.start();
    this.#follow(this.#controller);
  }
}
