import { afterEach, beforeEach, expect, test } from 'vitest';
import { NO_FILTERS } from '../../../../backend/log/account/filters.ts';
import { readArrived } from '../../../../backend/log/account/read-arrived.ts';
import { readShown } from '../../../../backend/log/account/read-shown.ts';
import { clicksByDay } from '../../../../backend/experiments/clicks.ts';
import { syncPartitions } from '../../../../backend/log/partitions/partitions.ts';
import { reviewSessions } from '../../../../backend/log/review/sessions.ts';
import { parseSessionId, RULES_VERSION } from '../../../../shared/domain/ids.ts';
import { smarttrip } from '../../../../shared/features/smarttrip.ts';
import { DAY, FEATURES, happened, NOON, openLog, rankingOf, type Log } from '../support/log.ts';

const SPAN = { from: NOON - DAY, to: NOON + 2 * DAY };
const NAMES = ['prompt', 'late', 'odd'] as const;
const [prompt, late, odd] = NAMES.map((name, i) =>
  rankingOf(name, NOON + i, { sessionId: parseSessionId(`s-${name}`) }),
);
const noItem = { itemId: undefined, position: undefined };
const timing = (decision: typeof late, properties?: Record<string, string | boolean>) =>
  happened(decision, 'timing', { ...noItem, value: 900, ...(properties && { properties }) });

let log: Log;
beforeEach(async () => {
  log = await openLog(NOON + DAY);
  await log.add([prompt, late, odd]);
});
afterEach(() => log.close());

const partitions = async () => {
  await log.update();
  return syncPartitions(log.deps(), smarttrip, SPAN);
};
const keptIn = (manifests: Awaited<ReturnType<typeof partitions>>) =>
  manifests.reduce((sum, { facts }) => sum + facts.kept, 0);

test('nothing is learned of a ranking that came too late for its page to show it', async () => {
  expect(keptIn(await partitions())).toBe(3);
  // Only what the client sends counts: `true`, of its own timing.
  await log.add(
    [],
    [
      timing(prompt),
      timing(late, { late: true }),
      timing(odd, { late: 'true \ud800' }),
      happened(odd, 'feature_use', { ...noItem, properties: { late: true } }),
      happened(prompt, 'click'),
    ],
  );
  const manifests = await partitions();
  expect(keptIn(manifests)).toBe(2);
  expect(manifests.map(({ facts }) => facts.refusedRankings)).toContainEqual({ not_shown: 1 });

  const { db } = log.store;
  expect((await readShown(db, SPAN, 100)).at).toHaveLength(2);
  const end = { rowid: 1000, key: '' };
  const { rankings } = await readArrived(
    db,
    {
      version: RULES_VERSION,
      features: FEATURES,
      rules: { attributionDays: 7, filters: NO_FILTERS },
      from: { decisions: null, events: null },
      to: { decisions: end, events: end },
      misses: 'all',
      spans: [],
    },
    new Set(),
  );
  expect(rankings.map(({ rankingId }) => rankingId).toSorted()).toEqual(
    [prompt, odd].map(({ rankingId }) => rankingId).toSorted(),
  );
  const seen = await reviewSessions(db, SPAN, { most: 10, draw: 1 });
  expect(
    Object.fromEntries(seen.map(({ sessionId, rankings: own }) => [sessionId, own[0].why])),
  ).toEqual({ 's-prompt': null, 's-late': 'not_shown', 's-odd': null });
});

test('experiments and reports count it, as they are of everybody who was assigned', async () => {
  const shownOn = async () =>
    (await clicksByDay(log.store, SPAN)).reduce((sum, { rankings }) => sum + rankings, 0);
  await log.update();
  const before = await shownOn();
  await log.add([], [timing(late, { late: true })]);
  await log.update();
  expect(before).toBe(3);
  expect(await shownOn()).toBe(3);
});
