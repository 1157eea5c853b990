import { describe, expect, test } from 'vitest';
import {
  compareRankings,
  evaluateRanking,
} from '../../../../backend/science/evaluation/evaluate-ranking.ts';
import {
  comparisonText,
  rankingText,
} from '../../../../backend/science/evaluation/ranking-text.ts';
import { auc, logLoss } from '../../../../backend/science/evaluation/classification-metrics.ts';
import { seededRandom } from '../../../../shared/explore/random.ts';
import { randomSet } from './support/sets.ts';

const SEED = 4701;

/** Two slates of three and one of two that earned nothing. */
const SMALL = {
  rows: 8,
  features: 1,
  codes: Uint8Array.from([1, 2, 3, 1, 1, 2, 4, 4]),
  starts: Uint32Array.from([0, 3, 6, 8]),
  reward: Float64Array.from([0, 1, 0, 0, 0, 1, 0, 0]),
  position: Uint16Array.from([1, 2, 3, 1, 2, 3, 1, 2]),
  at: Float64Array.from([1, 2, 3]),
  cluster: Uint32Array.from([0, 1, 2]),
};

describe('evaluateRanking', () => {
  test('by hand: ranked first and second, a slate without reward left out of what needs one', () => {
    const scores = [1, 3, 2, 5, 1, 4, 0, 0];
    const { measures, ...rest } = evaluateRanking(SMALL, scores, {
      items: { of: [0, 1, 2, 0, 1, 3, 4, 4], catalogueSize: 10 },
    });
    expect(rest).toEqual({ slates: 3, rewarded: 2, rows: 8, coverage10: 0.5 });
    expect(measures.mrr).toMatchObject({ mean: 0.75, n: 2, clusters: 2 });
    expect(measures.map?.mean).toBe(0.75);
    expect(measures.hit1?.mean).toBe(0.5);
    expect(measures.hit10?.mean).toBe(1);
    expect(measures.ndcg10?.mean).toBeCloseTo((1 + 1 / Math.log2(3)) / 2, 12);
    expect(measures.slateAuc?.mean).toBe(0.75);
    // Pairs alike: none of three; one of three; the one pair.
    expect(measures.diversity10?.mean).toBeCloseTo((1 + 2 / 3 + 0) / 3, 12);
    expect(measures.auc?.mean).toBeCloseTo(auc(scores, SMALL.reward)!, 12);
    expect(measures).not.toHaveProperty('logLoss');
  });

  test('nothing earned anywhere: measures of order are left out, and the table says so', () => {
    const nothing = { ...SMALL, reward: new Float64Array(8) };
    const evaluation = evaluateRanking(nothing, [1, 2, 3, 1, 2, 3, 1, 2], {
      calibration: { intercept: 0, slope: 1 },
    });
    expect(Object.keys(evaluation.measures)).toEqual(['diversity10', 'logLoss', 'brier']);
    expect(evaluation.calibration).not.toHaveProperty('line');
    expect(JSON.stringify(evaluation)).not.toContain('null');
    expect(rankingText(evaluation)).toMatch(/^0 of 3 slates have a reward.*\nMRR +–\n/);
  });

  test('a scorer that ties everything gains nothing from the order that was shown', () => {
    const random = seededRandom(SEED);
    const { set } = randomSet({ seed: SEED, slates: 4000, features: 1 });
    // Everybody clicks the slot that was shown first.
    const reward = set.reward.map((_, row) => (set.position[row] === 1 ? 1 : 0));
    const flat = evaluateRanking({ ...set, reward }, new Float64Array(set.rows));
    const drawn = evaluateRanking(
      { ...set, reward },
      Float64Array.from({ length: set.rows }, () => random()),
    );
    expect(Math.abs(flat.measures.mrr!.mean - drawn.measures.mrr!.mean)).toBeLessThan(0.03);
  });

  test('knows a good scorer from a bad one, and true probabilities from bent ones', () => {
    const { set, worth } = randomSet({ seed: SEED + 1, slates: 3000, features: 3 });
    const noise = Float64Array.from({ length: set.rows }, seededRandom(1));
    const calibration = { intercept: 0, slope: 1 };
    const good = evaluateRanking(set, worth, { calibration });
    const bad = evaluateRanking(set, noise, { calibration });
    for (const measure of ['mrr', 'ndcg10', 'map', 'hit1', 'auc', 'slateAuc'] as const) {
      expect(good.measures[measure]!.low, measure).toBeGreaterThan(bad.measures[measure]!.high);
    }
    expect(good.measures.logLoss!.high).toBeLessThan(bad.measures.logLoss!.low);
    const p = worth.map((points) => 1 / (1 + Math.exp(-points)));
    expect(good.measures.logLoss!.mean).toBeCloseTo(logLoss(p, set.reward)!, 12);
    expect(good.calibration!.line!.slope).toBeCloseTo(1, 1);
    expect(good.calibration!.eceLow).toBeLessThan(0.01);
    const bent = evaluateRanking(set, worth, { calibration: { intercept: 1, slope: 2 } });
    expect(bent.calibration!.eceLow).toBeGreaterThan(0.05);
    expect(rankingText(good)).toMatch(/calibration +log-odds -?0\.\d+ \+ [01]\.\d+ × predicted$/);
  });

  test('sessions are the clusters unless users are given', () => {
    const { set, worth } = randomSet({ seed: SEED + 2, slates: 300, features: 2 });
    const user = Array.from(set.cluster, (cluster) => Math.floor(cluster / 2));
    expect(evaluateRanking(set, worth).measures.auc?.clusters).toBe(100);
    expect(evaluateRanking(set, worth, { cluster: user }).measures.auc?.clusters).toBe(50);
  });
});

describe('compareRankings', () => {
  const { set, worth } = randomSet({ seed: SEED + 3, slates: 900, features: 2 });
  const random = seededRandom(SEED);
  const blurred = worth.map((points) => points + 6 * random());

  test('finds the better of two versions on the same slates, whatever the unit of the scores', () => {
    const found = compareRankings(
      set,
      blurred,
      worth.map((points) => 7 * points),
      { seed: 1 },
    );
    expect(found.mrr.kind).toBe('compared');
    for (const comparison of Object.values(found)) {
      // No slate has more than ten or so items: hit@10 may not differ at all.
      if (comparison.kind !== 'compared') continue;
      expect(comparison.low).toBeGreaterThan(0);
      expect(comparison.bootstrap.low).toBeGreaterThan(0);
      expect(comparison.p).toBeLessThan(0.05);
    }
    expect(comparisonText(found)).toMatch(
      /^MRR +\+0\.\d{4} \(0\.\d{4} to .*p < 0\.0001, bootstrap 0/,
    );
  });

  test('a version against itself is no comparison, and the text says why', () => {
    const found = compareRankings(set, worth, worth, { seed: 1 });
    expect(found.mrr.kind).toBe('not enough data');
    expect(comparisonText(found)).toContain('MRR             – all clusters differ by 0');
  });
});
