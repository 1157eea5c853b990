import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readDegradedRankings } from '../../../backend/monitor/degraded-rankings.ts';
import { findIngestLag, readIngestLag } from '../../../backend/monitor/ingest-lag.ts';
import { readOldEdges } from '../../../backend/monitor/old-edges.ts';
import { DEFAULT_MONITORS } from '../../../backend/monitor/settings.ts';
import { recordLive } from '../../../backend/models/live-pointer.ts';
import { recordAudit } from '../../../backend/store/audit.ts';
import { versionOf, type Version } from '../../../shared/domain/ids.ts';
import type { Pointer } from '../../../shared/domain/pointer.ts';
import { NOON, openLog, rankingOf, type Log } from '../log/support/log.ts';

const MINUTE = 60_000;
const NOTHING = { findings: [], unknown: [] };

let log: Log;
beforeEach(async () => {
  log = await openLog(NOON);
});
afterEach(() => log.close());

let batch = 0;
/** Rankings of the last minutes. */
const ranked = (count: number, version: Version, minutesAgo = 1, degraded = false) => {
  const name = `b${batch++}`;
  return log.add(
    Array.from({ length: count }, (_, i) =>
      rankingOf(`${name}-${i}`, NOON - minutesAgo * MINUTE - i, { weights: version, degraded }),
    ),
  );
};

describe('edges on an old version', () => {
  const [OLD, LIVE, ARM] = [1, 2, 3].map(versionOf);

  const moved = async (pointer: Pointer, minutesAgo: number) => {
    const at = NOON - minutesAgo * MINUTE;
    const text = JSON.stringify({ ...pointer, at });
    const entry = { actor: 'ops', action: 'promote', subject: pointer.champion, details: { text } };
    await log.store.write([
      recordLive(log.store, { pointer: { ...pointer, at }, text, since: at }),
      recordAudit(log.store, { at, ...entry }),
    ]);
  };
  const look = () => readOldEdges(log.store, DEFAULT_MONITORS.oldEdges, NOON);

  test('are named with their shares, once they had time to follow', async () => {
    await moved({ champion: OLD }, 1000);
    await moved({ champion: LIVE }, 60);
    await ranked(150, LIVE);
    await ranked(50, OLD);
    expect((await look()).findings).toEqual([
      expect.objectContaining({
        key: 'old edges',
        message:
          'edges still serve versions that are not live (v000002): v000001 25.0 % of 200 recent rankings',
      }),
    ]);
  });

  test.each([
    [
      'the pointer moved just now',
      4,
      [
        [90, LIVE],
        [50, OLD],
      ],
      ['old edges'],
    ],
    ['few rankings tell nothing', 60, [[15, OLD]], ['old edges']],
    [
      'a straggler or two are no edge',
      60,
      [
        [3000, LIVE],
        [25, OLD],
      ],
      [],
    ],
  ] as const)('%s', async (_, minutes, served, unknown) => {
    await moved({ champion: OLD }, 1000);
    await moved({ champion: LIVE }, minutes);
    for (const [count, version] of served) await ranked(count, version);
    expect(await look()).toEqual({ findings: [], unknown });
  });

  test('arms are live too, and so is what a preview asks for by name', async () => {
    await moved({ champion: LIVE, arms: { 'exp_1:b': ARM } }, 60);
    await ranked(50, LIVE);
    await ranked(50, ARM);
    await ranked(50, versionOf(9));
    expect(await look()).toEqual(NOTHING);
  });

  test('a rollback by hand that ends a canary alone gives edges their time too', async () => {
    await moved({ champion: LIVE, arms: { 'ro_1:challenger': ARM } }, 60);
    const byHand = async (minutesAgo: number) => {
      const at = NOON - minutesAgo * MINUTE;
      const details = { text: LIVE, before: '{}' };
      const entry = { actor: 'by hand', action: 'pointer moved by hand', subject: LIVE, details };
      await log.store.write([
        recordLive(log.store, {
          pointer: { champion: LIVE, hold: true },
          text: LIVE,
          since: NOON - 1000 * MINUTE,
        }),
        recordAudit(log.store, { at, ...entry }),
      ]);
    };
    await byHand(2);
    await ranked(150, LIVE);
    await ranked(50, ARM);
    expect(await look()).toEqual({ findings: [], unknown: ['old edges'] });
  });

  test('degraded rankings say themselves why they are old', async () => {
    await moved({ champion: OLD }, 1000);
    await moved({ champion: LIVE }, 60);
    await ranked(50, LIVE);
    await ranked(50, OLD, 1, true);
    expect(await look()).toEqual(NOTHING);
  });

  test('before anything is live nothing is told', async () => {
    expect(await look()).toEqual({ findings: [], unknown: ['old edges'] });
  });
});

describe('degraded rankings', () => {
  const look = () => readDegradedRankings(log.store, DEFAULT_MONITORS.degraded, NOON);

  test.each([
    [20, 100, true],
    [5, 100, false],
    // Over the limit, and by chance as well as not.
    [7, 100, false],
    // One of three is a third, and tells next to nothing.
    [1, 3, false],
    [100, 100, true],
    [0, 0, false],
  ])('%d of %d: an alert is %s', async (degraded, of, isAlert) => {
    await ranked(degraded, versionOf(0), 1, true);
    await ranked(of - degraded, versionOf(0));
    await ranked(100, versionOf(0), 16, true);
    const { findings } = await look();
    expect(findings).toHaveLength(isAlert ? 1 : 0);
    if (isAlert)
      expect(findings[0].message).toContain(`rankings (${degraded} of ${of}) were degraded`);
  });
});

describe('ingest that falls behind', () => {
  const LIMITS = DEFAULT_MONITORS.ingest;

  test('is told by what nine of ten batches waited', () => {
    const lags = (late: number) =>
      Array.from({ length: 80 }, (_, i) => (i < late ? 20 * MINUTE : 1000));
    expect(findIngestLag(lags(8), LIMITS)).toEqual(NOTHING);
    // One edge object of eight.
    expect(findIngestLag(lags(10), LIMITS).findings).toMatchObject([
      { message: 'ingest is 20 min behind the edge (80 batches in 15 min), over 5 min' },
    ]);
    expect(findIngestLag([], LIMITS)).toEqual({ findings: [], unknown: ['ingest lag'] });
  });

  test('is read from the batches: from their newest entry to their commit', async () => {
    const look = () => readIngestLag(log.store, LIMITS, log.nowMs);
    await ranked(5, versionOf(0), 1);
    expect(await look()).toEqual(NOTHING);
    log.nowMs += 60 * MINUTE;
    await ranked(5, versionOf(0), 1);
    expect((await look()).findings[0].details).toMatchObject({ lagMs: 61 * MINUTE, batches: 1 });
  });
});
