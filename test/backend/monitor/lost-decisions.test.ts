import { afterEach, beforeEach, expect, test } from 'vitest';
import { ingest } from '../../../backend/log/ingest/ingest.ts';
import { readLostDecisions } from '../../../backend/monitor/lost-decisions.ts';
import { DEFAULT_MONITORS } from '../../../backend/monitor/settings.ts';
import { openLog, NOON, rankingOf, type Log } from '../log/support/log.ts';

let log: Log;
beforeEach(async () => {
  log = await openLog();
});
afterEach(() => log.close());

const check = (nowMs: number) => readLostDecisions(log.store, DEFAULT_MONITORS.lost, nowMs);
const HOUR = 3_600_000;

test('rankings that the edge could not log are an alert, until there were none for an hour', async () => {
  expect(await check(NOON)).toEqual({ findings: [], unknown: ['lost decisions'] });
  const decisions = Array.from({ length: 50 }, (_, i) => rankingOf(`r${i}`));
  await ingest(log.store, { batchId: 'a', decisions, events: [] }, NOON);
  expect(await check(NOON)).toEqual({ findings: [], unknown: [] });
  await ingest(log.store, { batchId: 'b', decisions: [], events: [], lost: 75 }, NOON);
  const { findings } = await check(NOON + HOUR);
  expect(findings).toMatchObject([{ key: 'lost decisions', details: { lost: 75, logged: 50 } }]);
  expect(findings[0].message).toContain('could not log 75 of 125 rankings');
  await ingest(
    log.store,
    { batchId: 'c', decisions: [rankingOf('s')], events: [] },
    NOON + 2 * HOUR,
  );
  expect(await check(NOON + 2 * HOUR)).toEqual({ findings: [], unknown: [] });
});
