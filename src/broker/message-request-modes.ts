/**
 * In which mode (pull or POP) each group consumes each topic, as a slave takes it over from its master and keeps it. Main thread.
 * Java: MessageRequestModeManager.
 * Invariant: it is kept and handed on as it came: nothing here asks for a mode, since there is no POP.
 */
import { parseFastjson } from '../remoting/fastjson.js';

/** Topic → group → Apache's SetMessageRequestModeRequestBody. */
type Modes = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** The content of messageRequestMode.json. */
export class MessageRequestModes {
  #modes: Modes = {};
  #hasChanged = false;

  /** As GET_ALL_MESSAGE_REQUEST_MODE (402) and messageRequestMode.json have it. */
  encode(): string {
    return JSON.stringify({ messageRequestModeMap: this.#modes });
  }

  /** Takes over such a text, whole; throws if it is none. */
  decode(text: string): void {
    const before = this.encode();
    this.#modes = modesOf(parseFastjson(text));
    this.#hasChanged ||= this.encode() !== before;
  }

  /** True if something changed since the last call. */
  takeChanged(): boolean {
    const hasChanged = this.#hasChanged;
    this.#hasChanged = false;
    return hasChanged;
  }
}

function modesOf(value: unknown): Modes {
  const modes = isObject(value) ? value['messageRequestModeMap'] : undefined;
  if (!isObject(modes)) throw new Error('it has no messageRequestModeMap');
  return Object.fromEntries(Object.entries(modes).map(([topic, groups]) => [topic, isObject(groups) ? groups : {}]));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Map);
}
