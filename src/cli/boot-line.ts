/**
 * The two lines on stdout that say a server is ready; wait strategies of test containers look for them. Main thread.
 * Java: NamesrvStartup.createAndStartNamesrvController, BrokerStartup.start.
 * Invariant: word for word Apache's.
 */

/** `address` is the one listened on. */
export function namesrvBootLine(bindAddress: string, port: number): string {
  return `The Name Server boot success. serializeType=JSON, address ${bindAddress}:${port}`;
}

/** `brokerAddress` is the one that clients are told; without NameServers the last part is left out. */
export function brokerBootLine(brokerName: string, brokerAddress: string, namesrvAddresses: string): string {
  const line = `The broker[${brokerName}, ${brokerAddress}] boot success. serializeType=JSON`;
  return namesrvAddresses === '' ? line : `${line} and name server is ${namesrvAddresses}`;
}
