import { describe, expect, it } from 'vitest';
import { agreementOf } from '../../../../../backend/science/evaluation/kept-order/agreement.ts';
import { examinedGain } from '../../../../../backend/science/evaluation/kept-order/examined-gain.ts';
import type { KeptSlate } from '../../../../../backend/science/evaluation/kept-order/kept-slate.ts';
import { orderQuality } from '../../../../../backend/science/evaluation/kept-order/order-quality.ts';
import { seededRandom } from '../../../../../shared/explore/random.ts';
import { binomialBounds } from '../../../../support/binomial-bounds.ts';

const slate = (changes: Partial<KeptSlate> = {}): KeptSlate => ({
  at: 0,
  sessionId: `s${Math.random()}`,
  version: 'v000001',
  itemIds: ['a', 'b', 'c', 'd'],
  units: [4, 3, 2, 1],
  alike: ['a', 'b', 'c', 'd'],
  own: ['a', 'b', 'c', 'd'],
  clicked: [false, false, false, false],
  ...changes,
});

describe('agreement', () => {
  it('counts who is first, who is among the first three, and every pair', () => {
    const { rankings, first, top, correlation } = agreementOf([
      slate(),
      slate({ units: [1, 2, 3, 4], own: ['d', 'c', 'b', 'a'] }),
      slate({ units: [3, 4, 2, 1], own: ['b', 'a', 'c', 'd'] }),
      // Nothing to choose from.
      slate({ itemIds: ['a'], units: [1], alike: ['a'], own: ['a'], clicked: [false] }),
      // Not scored: it says something of the order alone.
      slate({ own: undefined }),
    ]);
    expect(rankings).toBe(3);
    expect(first.rate).toBeCloseTo(1 / 3, 12);
    expect(top).toMatchObject({ rankings: 3, rate: 2 / 3 });
    expect(correlation!.mean).toBeCloseTo((1 - 1 + 4 / 6 + 1) / 4, 12);
  });

  it('compares the first three of longer slates alone: of others they are all that there is', () => {
    const three = { itemIds: ['a', 'b', 'c'], units: [3, 2, 1], alike: ['a', 'b', 'c'] };
    const { rankings, top } = agreementOf([
      slate(),
      slate({ ...three, own: ['c', 'b', 'a'], clicked: [false, false, false] }),
    ]);
    expect({ rankings, of: top.rankings }).toEqual({ rankings: 2, of: 1 });
  });

  it('lets equals stay in the order of the site', () => {
    expect(agreementOf([slate({ units: [7, 7, 7, 7] }), slate()]).correlation!.mean).toBe(1);
  });

  it('has nothing to say of no rankings', () => {
    expect(agreementOf([])).toEqual({ rankings: 0, first: {}, top: { rankings: 0 } });
  });
});

describe('quality of the two orders', () => {
  it('is where the clicked items stand in each, paired', () => {
    const { rankings, mrr, ndcg10 } = orderQuality([
      slate({ units: [1, 2, 3, 4], clicked: [false, false, false, true] }),
      slate({ clicked: [true, false, false, false] }),
      slate(),
    ]);
    expect(rankings).toBe(2);
    expect(mrr).toMatchObject({ site: (1 / 4 + 1) / 2, trimtab: 1 });
    expect(mrr!.difference.mean).toBeCloseTo(0.375, 12);
    expect(ndcg10!.site).toBeCloseTo((1 / Math.log2(5) + 1) / 2, 12);
    expect(ndcg10!.trimtab).toBe(1);
  });

  it('takes a session in which somebody logs in as one visitor', () => {
    const clicked = [true, false, false, false];
    const own = slate({ clicked });
    expect(orderQuality([own, { ...own, userId: 'u' }])).toEqual({ rankings: 2 });
    expect(orderQuality([own, slate({ clicked })]).mrr).toBeDefined();
  });
});

/** Items of different worth, of which each ranking has some, in an order of the site's own that knows little of it. */
const KINDS = 24;
const SHOWN = 8;
const EXAMINED = Float64Array.from({ length: SHOWN }, (_, k) => 1 / (1 + 0.35 * k));

/** @param knows how well the scores know the worth, 0..1. @returns a log, and the true change of clicks per ranking. */
function world(seed: number, rankings: number, knows: number) {
  const random = seededRandom(seed);
  const worth = Float64Array.from({ length: KINDS }, () => 0.05 + 0.4 * random() ** 2);
  const bySite = worth.map((value) => 0.2 * value + 0.2 * random());
  const byScore = worth.map((value) => knows * value + (1 - knows) * 0.3 * random());
  let [site, trimtab] = [0, 0];
  const slates = Array.from({ length: rankings }, (_, i): KeptSlate => {
    const kinds = Array.from({ length: KINDS }, (__, kind) => kind)
      .map((kind) => [random(), kind])
      .toSorted(([a], [b]) => a - b)
      .slice(0, SHOWN)
      .map(([, kind]) => kind)
      .toSorted((a, b) => bySite[b] - bySite[a]);
    const ordered = kinds.toSorted((a, b) => byScore[b] - byScore[a]);
    kinds.forEach((kind, slot) => (site += EXAMINED[slot] * worth[kind]));
    ordered.forEach((kind, slot) => (trimtab += EXAMINED[slot] * worth[kind]));
    const names = kinds.map(String);
    return slate({
      sessionId: `visitor ${i >> 1}`,
      itemIds: names,
      alike: names,
      units: kinds.map((kind) => byScore[kind]),
      own: ordered.map(String),
      clicked: kinds.map((kind, slot) => random() < EXAMINED[slot] * worth[kind]),
    });
  });
  return { slates, lift: trimtab / site - 1 };
}

describe('the estimated gain', () => {
  it('is the truth of visitors who examine by position, within its interval as often as it says', () => {
    const logs = 30;
    let [held, signs] = [0, 0];
    for (let seed = 1; seed <= logs; seed++) {
      const { slates, lift } = world(seed, 1000, seed % 2);
      const gain = examinedGain(slates);
      if (gain.kind === 'refused') throw new Error(gain.reason);
      if (gain.lift.low <= lift && lift <= gain.lift.high) held++;
      if (Math.sign(gain.lift.mean) === Math.sign(lift)) signs++;
    }
    expect(held).toBeGreaterThanOrEqual(binomialBounds(logs, 0.95).least);
    expect(signs / logs).toBeGreaterThan(0.8);
  });

  it('counts a click far down at most twenty times', () => {
    const [rankings, above, below] = [4000, 2000, 40];
    const slates = Array.from({ length: rankings }, (_, i) => {
      const alike = i % 2 === 0 ? ['a', 'b'] : ['b', 'a'];
      const clicked = [i < above, i % 101 === 0];
      // What stands below would be above.
      return slate({ sessionId: `s${i}`, itemIds: alike, alike, units: [1, 2], clicked });
    });
    const gain = examinedGain(slates);
    if (gain.kind === 'refused') throw new Error(gain.reason);
    const theta = below / above;
    expect(gain.examination[1]).toBeCloseTo(theta, 3);
    expect(gain.trimtab).toBeCloseTo((above * theta + below * 20) / rankings, 3);
  });

  it('has an interval by as many groups as there are visitors, where these are few', () => {
    const visitors = 4;
    const slates = world(3, 2000, 1).slates.map((own, i) => ({
      ...own,
      sessionId: `v${i % visitors}`,
    }));
    const liftOf = (some: readonly KeptSlate[]) => {
      const gain = examinedGain(some);
      if (gain.kind === 'refused') throw new Error(gain.reason);
      return gain.lift;
    };
    const whole = liftOf(slates);
    const squares = Array.from(
      { length: visitors },
      (_, v) =>
        (liftOf(slates.filter(({ sessionId }) => sessionId !== `v${v}`)).mean - whole.mean) ** 2,
    ).reduce((sum, one) => sum + one);
    // Student's t at 97.5 % with three degrees of freedom.
    expect(whole.high - whole.mean).toBeCloseTo(3.182446 * Math.sqrt((3 / 4) * squares), 5);
  });

  it('finds that clicks alone favour the order that was shown', () => {
    const { slates, lift } = world(5, 3000, 1);
    const gain = examinedGain(slates);
    const { mrr } = orderQuality(slates);
    expect(lift).toBeGreaterThan(0.05);
    expect(gain).toMatchObject({ kind: 'estimated' });
    expect(mrr!.trimtab / mrr!.site - 1).toBeLessThan(lift);
  });

  it.each([
    ['no ranking', [], 'no ranking showed'],
    ['few clicks', Array.from({ length: 50 }, () => slate()), 'slot 1 has 0 clicks'],
    [
      'items that always stand where they stand',
      Array.from({ length: 400 }, (_, i) =>
        slate({ sessionId: `s${i}`, clicked: [i % 2 === 0, i % 3 === 0, false, false] }),
      ),
      'nothing compares them',
    ],
  ])('is refused with its reason where there is %s', (_, slates, reason) => {
    expect(examinedGain(slates)).toMatchObject({
      kind: 'refused',
      reason: expect.stringContaining(reason),
    });
  });
});
