import {expect, test} from '@jest/globals';
import {ServiceClock} from '../../../../src/lib/services/http/service-clock.js';
import {LeapingClock} from '../gemini/leaping-clock.js';

const DATE = 'Sat, 28 Nov 2026 01:02:03 GMT';
const DATE_MS = Date.UTC(2026, 10, 28, 1, 2, 3);

function answer(date: string, contentType = 'application/json; charset=UTF-8', status = 200) {
  return {
    status,
    headers: new Map([
      ['date', date],
      ['content-type', contentType],
    ]),
  };
}

test("the service's time goes on from its latest answer, whatever the clock of this machine says", async () => {
  const clock = new LeapingClock();
  const service = new ServiceClock(clock);
  expect(service.now()).toBeUndefined();
  service.read(answer(DATE));
  expect(service.now()).toBe(DATE_MS);
  await clock.sleep(90_000);
  expect(service.now()).toBe(DATE_MS + 90_000);
});

test.each([
  ['a page of somebody on the way', answer(DATE, 'text/html')],
  ['a refusal', answer(DATE, 'application/json', 403)],
  ['an answer without a date', answer('')],
])('%s tells no time', (_, reply) => {
  const service = new ServiceClock(new LeapingClock());
  service.read(reply);
  expect(service.now()).toBeUndefined();
});
