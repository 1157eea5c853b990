import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeChanges } from '../../../backend/reward/describe-changes.ts';
import { NO_FILTERS } from '../../../backend/log/account/filters.ts';
import { bringUpToDate } from '../log/support/bring-up-to-date.ts';
import { ingest } from '../../../backend/log/ingest/ingest.ts';
import { parseItemId } from '../../../shared/domain/ids.ts';
import { smarttrip } from '../../../shared/features/smarttrip.ts';
import { decisionOf, eventOf } from '../support/decisions.ts';
import { openTestStore, type TestStore } from './support/open-test-store.ts';

let store: TestStore;
beforeAll(async () => {
  store = await openTestStore();
});
afterAll(() => store.close());

test('before anything was logged it speaks of the weights alone', async () => {
  const changes = await describeChanges(
    store,
    smarttrip,
    { click: 1, save: 2, contact: 3, booking: 10, dwell_seconds: 1 },
    { click: -1, save: 3, booking: 10.5, cancel: -2, dwell_seconds: 1 },
  );
  expect(changes).toEqual([
    'click changes its sign: 1 to -1',
    'save moves by +50 %: 2 to 3',
    'contact is left out, so it no longer counts: it was 3',
    'cancel counts from now on: -2',
    'no item of the log has earned anything yet',
  ]);
});

test('it tells which metric makes the reward of the logged items, and which items lose theirs', async () => {
  const item = (index: number) => parseItemId(`item-${index}`);
  const decisions = Array.from({ length: 10 }, (_, i) =>
    decisionOf(`r-${i}`, { itemIds: [item(0), item(1), item(2)] }),
  );
  // Each ranking has a click on one item; four of them a booking of it as well; one a save of another.
  const events = [
    ...decisions.map((_, i) => eventOf(`c-${i}`, `r-${i}`, { itemId: item(0) })),
    ...decisions
      .slice(0, 4)
      .map((_, i) => eventOf(`b-${i}`, `r-${i}`, { itemId: item(0), type: 'booking' })),
    eventOf('s-0', 'r-0', { itemId: item(1), type: 'save' }),
  ];
  await ingest(store, { batchId: 'warned', decisions, events }, 1);
  await bringUpToDate(store, { filters: NO_FILTERS });
  expect(
    await describeChanges(store, smarttrip, { click: 1, booking: 1 }, { booking: 9, save: 1 }),
  ).toEqual([
    'click is left out, so it no longer counts: it was 1',
    'booking moves by +800 %: 1 to 9',
    'save counts from now on: 1',
    'of the last 10 items that earned a reward, click made 71 %; booking would make 100 %',
    'of the last 10 items that earned a reward, 6 would earn nothing',
    'further items that would earn a reward: 1',
  ]);
});

test('the weights in force change nothing', async () => {
  expect(await describeChanges(store, smarttrip, { click: 1 }, { click: 1 })).toEqual([
    'nothing: these weights are in force already',
  ]);
});
