import { expect, test } from 'vitest';
import {
  poolRounds,
  type PooledRanking,
} from '../../../../../backend/science/evaluation/off-policy/pool-rounds.ts';
import { RULES_VERSION } from '../../../../../shared/domain/ids.ts';
import { seededRandom } from '../../../../../shared/explore/random.ts';
import { additiveFromPoints } from '../../../../../shared/score/scorer.ts';
import { agreeingSchema } from '../../../../world/agreeing.ts';

const schema = agreeingSchema();
const F = schema.features.length;
const CANDIDATES = 4;
const evaluated = (poolSize: number) => ({
  ...additiveFromPoints(
    schema,
    { [schema.features[0].name]: [0, 1, 2, 3, 4] },
    { version: RULES_VERSION, name: 'evaluated' },
  ),
  exploration: { temperature: 0, epsilon: 1, poolSize },
});

/** Candidates of 1 to 4 points, the worst first; each is shown in turn. */
const rankings = Array.from({ length: 400 }, (_, i): PooledRanking => {
  const codes = new Uint8Array(CANDIDATES * F);
  for (let candidate = 0; candidate < CANDIDATES; candidate++) codes[candidate * F] = candidate + 1;
  const shown = i % CANDIDATES;
  const reward = Number(seededRandom(i)() < 0.2 * (shown + 1));
  return { codes, shown, propensity: 1 / CANDIDATES, reward, cluster: i >> 3 };
});

test('the evaluated version draws from its own pool, and never what is outside of it', () => {
  const { evaluation } = poolRounds(rankings, evaluated(2));
  expect(Array.from(evaluation).slice(0, CANDIDATES)).toEqual([0, 0, 0.5, 0.5]);
  const { evaluation: whole } = poolRounds(rankings, evaluated(50));
  expect(Array.from(whole).slice(0, CANDIDATES)).toEqual([0.25, 0.25, 0.25, 0.25]);
});

test('what is expected of a ranking was learned from other clusters than its own', () => {
  const own = 7;
  const changed = rankings.map((one) => (one.cluster === own ? { ...one, reward: 100 } : one));
  const [before, after] = [rankings, changed].map(
    (log) => poolRounds(log, evaluated(2)).model!.expected,
  );
  const rows = (of: ArrayLike<number>, isOwn: boolean) =>
    Array.from(of).filter((_, row) => (rankings[row].cluster === own) === isOwn);
  expect(rows(after, true)).toEqual(rows(before, true));
  expect(rows(after, false)).not.toEqual(rows(before, false));
});
