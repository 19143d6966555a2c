/**
 * Takes `acting-5.5.0.json` again: `node build/test/namesrv/golden/record-acting.js HOST:PORT FILE`, against a NameServer that no broker has registered with
 * and that was started with supportActingMaster=true and notifyMinBrokerIdChanged=true.
 */
import { writeFileSync } from 'node:fs';
import { playActingScenario } from './acting-scenario.js';

const [address = '', file = ''] = process.argv.slice(2);
writeFileSync(file, `${JSON.stringify(await playActingScenario(address), undefined, 2)}\n`);
