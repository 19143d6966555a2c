/**
 * Text by namespace and key, kept in kvConfig.json as Apache's NameServer keeps it. Main thread. Java: KVConfigManager.
 * Invariant: a change is on disk before it is answered.
 */
import { ReplaceableFile } from '../base/replaceable-file.js';
import type { Logger } from '../base/log.js';
import { defineBody, text, textMap } from '../remoting/body-schema.js';
import { parseFastjson } from '../remoting/fastjson.js';

/** Namespace of `topic → brokerName:queues;…` for ordered topics. Java: NamesrvUtil.NAMESPACE_ORDER_TOPIC_CONFIG. */
export const NAMESPACE_ORDER_TOPIC_CONFIG = 'ORDER_TOPIC_CONFIG';

/** The file's content. Java: KVConfigSerializeWrapper. */
const KVConfigSerializeWrapper = defineBody({ configTable: textMap(textMap(text())) });

/** The key-value configuration. */
export class KVConfigManager {
  readonly #file: ReplaceableFile;
  readonly #logger: Logger;
  readonly #configTable = new Map<string, Map<string, string>>();

  constructor(path: string, logger: Logger) {
    this.#file = new ReplaceableFile(path);
    this.#logger = logger;
  }

  /** Reads the file, if there is one. A file that cannot be read is an error: the next change would overwrite it. */
  async load(): Promise<void> {
    const content = await this.#file.read();
    if (content === undefined) return;
    const { configTable } = KVConfigSerializeWrapper.read(parseFastjson(content));
    for (const [namespace, entries] of configTable) this.#configTable.set(namespace, entries);
    this.#logger.info('key-value configuration loaded', { path: this.#file.path, namespaces: configTable.size });
  }

  /** The value of a key. */
  get(namespace: string, key: string): string | undefined {
    return this.#configTable.get(namespace)?.get(key);
  }

  /** All entries of a namespace; undefined if it never had one. */
  list(namespace: string): ReadonlyMap<string, string> | undefined {
    return this.#configTable.get(namespace);
  }

  /** Adds or replaces; settles when it is on disk. */
  put(namespace: string, key: string, value: string): Promise<void> {
    const entries = this.#configTable.get(namespace) ?? new Map<string, string>();
    this.#configTable.set(namespace, entries.set(key, value));
    this.#logger.info('key-value entry set', { namespace, key, value });
    return this.#persist();
  }

  /** Takes an entry out; settles when that is on disk. Compat: a namespace stays when its last entry goes. */
  delete(namespace: string, key: string): Promise<void> {
    const isGone = this.#configTable.get(namespace)?.delete(key) ?? false;
    this.#logger.info('key-value entry deleted', { namespace, key, isGone });
    return this.#persist();
  }

  /** Settles when all changes so far are on disk, or have failed to get there. */
  settled(): Promise<void> {
    return this.#file.settled();
  }

  #persist(): Promise<void> {
    return this.#file.write(KVConfigSerializeWrapper.encode({ configTable: this.#configTable }).toString());
  }
}
