/** A slave learns who of its group has the smallest id, and acts while that is itself. */
import * as assert from 'uvu/assert';
import { createLogger } from '#src/base/log.js';
import { MinBroker, type MinBrokerNews } from '#src/broker/acting/min-broker.js';
import { SpecialServices } from '#src/broker/acting/special-services.js';
import { suite } from '../../suite.js';

const test = suite('min broker');
const logger = createLogger('test', 'silent');

function setUp(brokerId: number) {
  const log: string[] = [];
  const services = new SpecialServices(
    [{ start: () => void log.push('start'), stop: () => void log.push('stop') }],
    logger,
  );
  const minBroker = new MinBroker({
    brokerId,
    services,
    onMasterOffline: () => log.push('master offline'),
    onMasterOnline: (address, haAddress) => log.push(`master online ${address} ${haAddress}`),
    logger,
  });
  const news = (minBrokerId: number, more: Partial<MinBrokerNews> = {}): MinBrokerNews => ({
    minBrokerId,
    minBrokerAddr: `addr-${minBrokerId}`,
    offlineBrokerAddr: undefined,
    haBrokerAddr: undefined,
    ...more,
  });
  return { minBroker, services, log, news };
}

test('a slave acts from the loss of its master to its return, and follows it again', async () => {
  const { minBroker, services, log, news } = setUp(1);
  await minBroker.begin(0, 'addr-0');
  assert.equal(log.splice(0), []);
  minBroker.update(news(1, { offlineBrokerAddr: 'addr-0' }));
  await services.change(true);
  assert.ok(services.isRunning);
  assert.equal(log.splice(0), ['master offline', 'start']);
  minBroker.update(news(0, { haBrokerAddr: 'ha-0' }));
  await services.change(false);
  assert.equal(log.splice(0), ['master online addr-0 ha-0', 'stop']);
  assert.is(minBroker.id, 0);
});

test('the second slave follows nobody and does not act until the first is gone too', async () => {
  const { minBroker, services, log } = setUp(2);
  await minBroker.begin(0, 'addr-0');
  minBroker.takeMembers(
    new Map([
      [1, 'one'],
      [2, 'two'],
    ]),
  );
  await services.change(false);
  assert.equal(log.splice(0), ['master offline']);
  minBroker.takeMembers(new Map([[2, 'two']]));
  await services.change(true);
  assert.equal(log.splice(0), ['start']);
  minBroker.takeMembers(
    new Map([
      [1, 'one'],
      [2, 'two'],
    ]),
  );
  await services.change(false);
  assert.equal(log.splice(0), ['stop']);
});

test('a NameServer that knows nobody, and news that are none, change nothing', async () => {
  const { minBroker, log, news } = setUp(1);
  await minBroker.begin(0, undefined);
  minBroker.takeMembers(new Map());
  minBroker.update(news(0, { haBrokerAddr: 'ha-0' }));
  assert.equal(log, []);
});

test('a master runs its services from the start, whatever it is told', async () => {
  const { minBroker, services, log, news } = setUp(0);
  await minBroker.begin(0, undefined);
  assert.equal(log.splice(0), ['start']);
  minBroker.update(news(1, { offlineBrokerAddr: 'addr-0' }));
  await services.change(true);
  assert.equal(log, []);
});

test('changes of role are made one after the other, and the last holds', async () => {
  const log: string[] = [];
  let release = (): void => undefined;
  const services = new SpecialServices(
    [
      {
        start: () => void log.push('start'),
        stop: () => {
          log.push('stopping');
          return new Promise((resolve) => (release = () => resolve(void log.push('stopped'))));
        },
      },
    ],
    logger,
  );
  await services.change(true);
  const stopped = services.change(false);
  await Promise.resolve();
  const restarted = services.change(true);
  assert.equal(log, ['start', 'stopping']);
  release();
  await Promise.all([stopped, restarted]);
  assert.equal(log, ['start', 'stopping', 'stopped', 'start']);
  void services.change(false);
  await services.change(true);
  // Both were asked for in one turn: it runs, and was not stopped for it.
  assert.equal(log.length, 4);
});

test.run();
