/**
 * What is wrong with a filter expression, and where. Any thread. Java: MQFilterException, ParseException, TokenMgrError.
 * Invariant: lines and columns are counted as Apache counts them, so that both name the same place.
 */

/** A tab moves on to the next multiple of this. Java: SimpleCharStream.tabSize. */
const TAB_SIZE = 8;

/** An expression that is refused; the message says what is wrong with it and at which line and column. */
export class FilterError extends Error {
  override readonly name = 'FilterError';

  /** `index` is where in `expression` the trouble begins. */
  constructor(cause: string, expression: string, index: number) {
    super(`${cause} at ${positionOf(expression, index)}`);
  }
}

/** `line 1, column 3` for the character at `index`; for the end of the text, its last character. */
function positionOf(text: string, index: number): string {
  if (text === '') return 'line 0, column 0';
  const last = Math.min(index, text.length - 1);
  let line = 1;
  let column = 0;
  let isNewLine = false;
  for (let i = 0; i <= last; i++) {
    const isSecondHalf = text[i] === '\n' && text[i - 1] === '\r';
    column++;
    if (isNewLine && !isSecondHalf) {
      line++;
      column = 1;
    }
    isNewLine = text[i] === '\n' || text[i] === '\r';
    if (text[i] === '\t') column += TAB_SIZE - 1 - ((column - 1) % TAB_SIZE);
  }
  return `line ${line}, column ${column}`;
}
