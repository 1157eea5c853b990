import { sql } from 'drizzle-orm';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { gatherUnits } from '../../../../backend/log/account/units.ts';
import { syncPartitions } from '../../../../backend/log/partitions/partitions.ts';
import { DEFAULT_TRAINING_DATA } from '../../../../backend/log/settings.ts';
import type { Decision } from '../../../../shared/domain/decision.ts';
import { NO_SESSION } from '../../../../shared/domain/ids.ts';
import { DEFAULT_PLACEMENT } from '../../../../shared/domain/placement.ts';
import { smarttrip } from '../../../../shared/features/smarttrip.ts';
import { everybodyIn, everyReader } from '../support/every-reader.ts';
import { crowdedDays, DAY, happened, NOON, openLog, rankingOf, type Log } from '../support/log.ts';

const RULES = DEFAULT_TRAINING_DATA;

let log: Log;
beforeEach(async () => {
  log = await openLog(NOON + 2 * DAY);
});
afterEach(() => log.close());

/** As the edge logs a visitor who did not consent. */
const anonymous = (name: string, at: number): Decision =>
  rankingOf(name, at, {
    sessionId: NO_SESSION,
    context: { placement: DEFAULT_PLACEMENT, consent: 'none' },
  });

test('rankings without consent are in the figures of no reader, however many and whenever they come', async () => {
  const experiments = await everybodyIn(log.store);
  const read = async () => {
    await log.update(RULES.filters);
    const { faults: _, ...figures } = await everyReader(log.store, experiments, log.folder, RULES, [
      NOON,
      NOON + DAY,
    ]);
    return figures;
  };
  const { decisions, events } = crowdedDays(2, 60, 3);
  await log.add(decisions, events);
  const before = await read();
  expect(before.training.rankings).toBeGreaterThan(20);
  // More in a minute than any bot, and each clicked at once.
  const refused = Array.from({ length: 200 }, (_, n) => anonymous(`none-${n}`, NOON + n * 10));
  await log.add(
    refused.slice(0, 100),
    refused.slice(0, 100).map((one) => happened(one, 'click', { afterMs: 1 })),
  );
  expect(await read()).toEqual(before);
  await log.add(
    refused.slice(100),
    refused.slice(100).map((one) => happened(one, 'booking')),
  );
  expect(await read()).toEqual(before);
  const [{ stored }] = await log.store.db.all<{ stored: number }>(
    sql`select count(*) as stored from decisions where consent = 'none' and sessionId = ''`,
  );
  expect(stored).toBe(200);
});

test('they are no unit, no fault of the log, and said to be without consent', async () => {
  const others = Array.from({ length: 30 }, (_, n) => rankingOf(`r-${n}`, NOON + n * DAY * 0.01));
  await log.add([...others, anonymous('none', NOON + 5), anonymous('none-2', NOON + 6)]);
  await log.update(RULES.filters);
  await gatherUnits(
    log.store,
    { ...RULES, unit: 'session', observeDays: 7, context: [] },
    log.nowMs,
  );
  const units = await log.store.db.all<{ unit: string }>(sql`select unit from metric_units`);
  expect(units).toHaveLength(30);
  expect(units.map(({ unit }) => unit)).not.toContain('');
  const [{ facts }] = await syncPartitions(
    log.deps(RULES.filters, RULES.attributionDays),
    smarttrip,
    {
      from: NOON,
      to: NOON,
    },
  );
  expect(facts.refusedRankings).toEqual({ no_consent: 2 });
  expect(facts.refusedSessions).toEqual({});
  expect(facts.incomplete).toEqual({});
});
