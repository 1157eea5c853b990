import { describe, expect, test } from 'vitest';
import { aucEstimate } from '../../../../backend/science/evaluation/auc-estimate.ts';
import { auc } from '../../../../backend/science/evaluation/classification-metrics.ts';
import { seededRandom } from '../../../../shared/explore/random.ts';
import { normal } from '../experiment/draws.ts';

const SEED = 4501;

describe('aucEstimate', () => {
  test('is the AUC, ties and all', () => {
    const random = seededRandom(SEED);
    const scores = Array.from({ length: 300 }, () => Math.floor(random() * 9));
    const labels = scores.map((score) => (random() * 12 < score ? 1 : 0));
    const estimate = aucEstimate(
      scores,
      labels,
      scores.map((_, i) => i % 40),
    )!;
    expect(estimate.mean).toBeCloseTo(auc(scores, labels)!, 12);
    expect(estimate).toMatchObject({ n: 300, clusters: 40 });
  });

  test.each([
    ['one class only', [1, 2], [1, 1], [0, 1]],
    ['one cluster only', [1, 2], [0, 1], [0, 0]],
    ['no rows', [], [], []],
  ])('%s has no answer', (_, scores, labels, cluster) => {
    expect(aucEstimate(scores, labels, cluster)).toBeUndefined();
  });

  test(`its interval covers the truth in 93 to 97 % of 1,000 runs where rows of a cluster are alike, seed ${SEED}`, () => {
    const random = seededRandom(SEED);
    const noise = () => normal(random);
    // Score of a yes ~ N(1, 1), of a no ~ N(0, 1), both half made of what their cluster shares: Φ(1 / √2).
    const truth = 0.7602499389065233;
    let covered = 0;
    for (let run = 0; run < 1000; run++) {
      const [scores, labels, cluster]: [number[], number[], number[]] = [[], [], []];
      for (let c = 0; c < 60; c++) {
        const shared = noise();
        for (let i = 0; i < 4; i++) {
          const label = random() < 0.4 ? 1 : 0;
          labels.push(label);
          scores.push(label + Math.SQRT1_2 * (shared + noise()));
          cluster.push(c);
        }
      }
      const { low, high } = aucEstimate(scores, labels, cluster)!;
      covered += Number(low <= truth && truth <= high);
    }
    console.info(`covered: ${covered / 10} %`);
    expect(covered).toBeGreaterThanOrEqual(930);
    expect(covered).toBeLessThanOrEqual(970);
  });
});
