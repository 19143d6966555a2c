/**
 * A line of text a log entry: time, level, component, message, fields. Any thread (a worker's lines go to the same stderr).
 * Java: the LoggerName loggers.
 */

/** Severity, least first. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
/** One of {@link LOG_LEVELS}. */
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Values that a log line may carry; errors are printed with their causes. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Writes lines for one component. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A logger of the same sink and level for another component. */
  child(component: string): Logger;
}

/** Where finished lines go, without their line end. */
export type LogSink = (line: string) => void;

const stderrSink: LogSink = (line) => {
  process.stderr.write(`${line}\n`);
};

/** Makes a logger that drops entries below `level`. */
export function createLogger(component: string, level: LogLevel = 'info', sink: LogSink = stderrSink): Logger {
  const threshold = LOG_LEVELS.indexOf(level);
  const write = (entryLevel: LogLevel, message: string, fields?: LogFields): void => {
    if (LOG_LEVELS.indexOf(entryLevel) < threshold) return;
    sink(
      `${new Date().toISOString()} ${entryLevel.toUpperCase()} ${component} ${message.replaceAll(CONTROL_CHARACTERS, ' ')}${formatFields(fields)}`,
    );
  };
  return {
    debug: (message, fields) => write('debug', message, fields),
    info: (message, fields) => write('info', message, fields),
    warn: (message, fields) => write('warn', message, fields),
    error: (message, fields) => write('error', message, fields),
    child: (name) => createLogger(name, level, sink),
  };
}

/** What would make a value look like more fields or more lines; peers choose some of the values. */
const NEEDS_QUOTES = /[\s"=\p{Cc}]/u;
const CONTROL_CHARACTERS = /\p{Cc}+/gu;

function formatFields(fields: LogFields | undefined): string {
  if (fields === undefined) return '';
  let text = '';
  for (const [key, value] of Object.entries(fields)) text += ` ${key}=${formatValue(value)}`;
  return text;
}

function formatValue(value: unknown): string {
  if (value instanceof Error) {
    const cause = value.cause === undefined ? '' : ` caused by ${formatValue(value.cause)}`;
    return `${value.stack ?? value.message}${cause}`;
  }
  return typeof value === 'string' && !NEEDS_QUOTES.test(value) ? value : JSON.stringify(value ?? null);
}
