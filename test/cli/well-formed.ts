/** Whether a text is well-formed XML, as far as our pictures use it: elements, attributes, text and the five entities. For tests. */
import * as assert from 'uvu/assert';

const TAG = /<(\/?)([a-z]+)((?:\s+[a-zA-Z][a-zA-Z0-9-]*="[^"<>&]*")*)\s*(\/?)>/y;
const TEXT = /(?:[^<>&]|&(?:amp|lt|gt|quot|apos);)+/y;

/** Fails where it is not. */
export function assertWellFormed(xml: string): void {
  const open: string[] = [];
  let at = 0;
  let roots = 0;
  while (at < xml.length) {
    TEXT.lastIndex = at;
    TAG.lastIndex = at;
    const plain = TEXT.exec(xml)?.[0];
    if (plain !== undefined) {
      if (open.length === 0) assert.is(plain.trim(), '', 'text outside of the root');
      at += plain.length;
      continue;
    }
    const found = TAG.exec(xml);
    if (found === null) throw new Error(`not well-formed at ${at}: ${xml.slice(at, at + 60)}`);
    const [whole, closing, name = '', attributes = '', empty] = found;
    const names = [...attributes.matchAll(/([a-zA-Z][a-zA-Z0-9-]*)=/g)].map(([, attribute]) => attribute);
    assert.is(new Set(names).size, names.length, `an attribute twice in ${whole}`);
    if (open.length === 0 && closing === '') roots++;
    if (closing === '/') assert.is(open.pop(), name, `</${name}>`);
    else if (empty === '') open.push(name);
    at += whole.length;
  }
  assert.equal(open, []);
  assert.is(roots, 1);
}
