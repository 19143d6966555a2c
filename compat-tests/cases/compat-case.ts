/** What a row of the compatibility matrix says, and why a client library cannot run some of them. */
import type { Client, ClientLanguage } from '../client-table.js';

/**
 * The servers a case runs against. `shared`: the target with default settings, used by all. `own`: a target of its own that is restarted.
 * The mixed ones put one server of each maker together. `replicated` to `apache-master` are a NameServer, a master and a slave of their own.
 * `acting` to `acting-apache-master` have another master too. `from-apache` and `to-apache` are one store of their own that brokers of both makers have in turn, Apache's or ours first.
 */
export type CaseCluster =
  | 'shared'
  | 'own'
  | 'apache-broker'
  | 'apache-namesrv'
  | 'replicated'
  | 'apache-slave'
  | 'apache-master'
  | 'from-apache'
  | 'to-apache'
  | 'acting'
  | 'acting-apache-slave'
  | 'acting-apache-master';

/** One row of the matrix. */
export interface CompatCase {
  readonly name: string;
  /** What must come out, in a sentence for the results page. */
  readonly expectation: string;
  /** The name the drivers know it by, if another. */
  readonly run?: string;
  readonly cluster?: CaseCluster;
  /** Broker keys of an `own` cluster, or of the master of a replicated one. */
  readonly settings?: Readonly<Record<string, string>>;
  /** What the second broker of a handover is told otherwise. */
  readonly secondSettings?: Readonly<Record<string, string>>;
  readonly serialisation?: 'ROCKETMQ';
  /** Why a client library, or the older versions of the Java one, do not run it. */
  readonly notApplicable?: Readonly<Partial<Record<ClientLanguage | 'olderJava', string>>>;
  readonly timeoutMs?: number;
}

/** Reasons that several rows share. */
export const NO_LITE_PULL = 'the Go client has no lite pull consumer';
/** See {@link NO_LITE_PULL}. */
export const NO_RAW_REQUESTS = 'the Go client sends no requests of which it does not know the answer';

/** Why `client` does not run the case; undefined when it does. */
export function whyNotApplicable({ notApplicable }: CompatCase, client: Client): string | undefined {
  const isOlderJava = client.language === 'java' && !client.isNewest;
  return notApplicable?.[client.language] ?? (isOlderJava ? notApplicable?.olderJava : undefined);
}
