/** A broker's addresses by broker id, 0 the master. Main thread. Java: BrokerData. */
import { flag, numberMap, optionalText, record, text, type BodyOf } from '../body-schema.js';

/** Shape of a broker, in RouteData and ClusterInfo. */
export const BrokerData = record({
  brokerAddrs: numberMap(text()),
  brokerName: text(),
  cluster: text(),
  enableActingMaster: flag(),
  zoneName: optionalText(),
});
/** One broker name and who answers to it. */
export type BrokerData = BodyOf<typeof BrokerData>;
