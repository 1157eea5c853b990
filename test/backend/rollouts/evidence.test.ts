import { afterEach, beforeEach, expect, test } from 'vitest';
import { NO_FILTERS } from '../../../backend/log/account/filters.ts';
import { versions } from '../../../backend/models/versions.ts';
import { gatherEvidence } from '../../../backend/rollouts/evidence.ts';
import type { RolloutRow } from '../../../backend/rollouts/rollout-rows.ts';
import { parseRollout, rulesOf } from '../../../backend/rollouts/settings.ts';
import { combineStrata } from '../../../backend/science/statistics/strata.ts';
import { rollouts } from '../../../backend/store/tables.ts';
import { RULES_VERSION, parseSessionId, type Version } from '../../../shared/domain/ids.ts';
import { smarttrip } from '../../../shared/features/smarttrip.ts';
import { runningExperiment } from '../experiments/support/experiment-log.ts';
import { NOON, openLog, rankingOf, type Log } from '../log/support/log.ts';

const CHALLENGER = 'v000009' as Version;
const FILTERS = { ...NO_FILTERS, maxRankingsPerMinute: 2 };

let log: Log;
beforeEach(async () => {
  log = await openLog(NOON);
  await versions(log.store, () => NOON).ensureRules(smarttrip);
  await runningExperiment(log.store, { id: 'canary', kind: 'rollout' });
});
afterEach(() => log.close());

async function rolloutIn(
  stage: RolloutRow['stage'],
  rules: RolloutRow['rules'] = {},
): Promise<RolloutRow> {
  await log.store.write([
    log.store.db.insert(rollouts).values({
      id: 'r1',
      challenger: CHALLENGER,
      champion: RULES_VERSION,
      stage,
      since: NOON,
      experiment: 'canary',
      rules,
      by: 'ana',
      createdAt: NOON,
      endedAt: null,
    }),
  ]);
  const [row] = await log.store.db.select().from(rollouts);
  return row;
}

const evidenceOf = (row: RolloutRow) =>
  gatherEvidence(
    {
      store: log.store,
      account: { update: () => log.update(FILTERS) },
      collect: () => Promise.reject(new Error('no window is over')),
      combine: combineStrata,
      doubts: async () => [],
      alpha: 0.05,
      settleMs: 0,
    },
    row,
    NOON,
  );
const sessionsOf = async (row: RolloutRow) => (await evidenceOf(row)).sessions;

test('the error rate is that with which the rollout was started, whatever the settings say since', async () => {
  const rules = { ...rulesOf(parseRollout({ alpha: 0.01 })) };
  const { gain } = await evidenceOf(await rolloutIn('canary 5', rules));
  expect(gain!.alpha).toBe(0.005);
});

test('rollouts from before it was stored have that of the settings', async () => {
  const { alpha: _, ...rules } = rulesOf(parseRollout({ alpha: 0.01 }));
  const { gain } = await evidenceOf(await rolloutIn('canary 5', rules));
  expect(gain!.alpha).toBe(0.025);
});

test.each([
  ['shadow', { shadow: { version: CHALLENGER, itemIds: [] } }, {}],
  ['canary 5', { arm: 'canary:challenger' }, { arm: 'canary:champion' }],
] as const)(
  'in %s, a step waits for sessions of people: crawlers are none',
  async (stage, seen, unseen) => {
    const row = await rolloutIn(stage);
    const ranked = (name: string, changes: object, afterMs = 0) =>
      rankingOf(`${name}-${afterMs}`, NOON + afterMs, {
        sessionId: parseSessionId(name),
        ...changes,
      });
    await log.add([
      ranked('ana', seen),
      ranked('ana', seen, 100_000),
      ranked('ben', seen),
      ranked('before', seen, -1),
      ranked('other', unseen),
      ...['crawler', 'spider'].flatMap((bot) => [0, 1, 2].map((ms) => ranked(bot, seen, ms))),
    ]);
    expect(await sessionsOf(row)).toBe(2);
    await log.add([ranked('cleo', seen, 200_000)]);
    expect(await sessionsOf(row)).toBe(3);
  },
);
