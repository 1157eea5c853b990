import { describe, expect, it } from 'vitest';
import { cpuDevice } from '../../../../backend/device/cpu/cpu-device.ts';
import {
  packTrainingSet,
  type LabelledSlate,
} from '../../../../backend/science/learn/training-set.ts';
import {
  chooseCrosses,
  type CrossBudget,
  type TriedCross,
} from '../../../../backend/science/training/choose-crosses.ts';
import { learn } from '../../../../backend/science/training/train-version.ts';
import { RULES_VERSION } from '../../../../shared/domain/ids.ts';
import { seededRandom } from '../../../../shared/explore/random.ts';
import { parseSchema, type Schema } from '../../../../shared/features/schema.ts';
import { scorerFromBytes, scorerToBytes } from '../../../../shared/format/scorer-bytes.ts';
import {
  additiveFromPoints,
  crossPointsOf,
  type CrossPoints,
} from '../../../../shared/score/scorer.ts';

const device = cpuDevice();
const names = ['colour', 'size', 'shape', 'wood'];
const schemaWith = (parts: object = {}): Schema =>
  parseSchema({
    name: 'crossed',
    columns: names.map((name) => ({ name, type: 'category' })),
    features: names.map((name) => ({
      name,
      kind: 'category',
      column: name,
      values: ['a', 'b', 'c'],
    })),
    training: { position: 'given', l2: 1 },
    ...parts,
  });
const schema = schemaWith();
const parentOf = (of: Schema, crosses: readonly CrossPoints[] = []) =>
  additiveFromPoints(of, {}, { version: RULES_VERSION, name: 'rules', crosses });

/** Slates of 6 items of which one is clicked, by tastes for each value, and for colour and size together as much as is asked for. */
function slates(count: number, together: number, seed: number): LabelledSlate[] {
  const random = seededRandom(seed);
  const alone = names.map(() => Float64Array.from({ length: 4 }, () => 2 * random() - 1));
  return Array.from({ length: count }, (_, at) => {
    const codes = Uint8Array.from({ length: 6 * names.length }, () => 1 + Math.floor(3 * random()));
    const odds = Float64Array.from({ length: 6 }, (_slot, slot) => {
      const own = codes.subarray(slot * names.length, (slot + 1) * names.length);
      const worth = own.reduce((sum, bucket, f) => sum + alone[f][bucket], 0);
      return Math.exp(worth + (own[0] === own[1] ? together : 0));
    });
    let left = random() * odds.reduce((sum, own) => sum + own, 0);
    const clicked = odds.findIndex((own) => (left -= own) < 0);
    const reward = new Float64Array(6);
    reward[Math.max(clicked, 0)] = 1;
    return { at, sessionId: `s${at}`, codes, reward };
  });
}

const BUDGET = { pairs: 8, weights: 2048 };
interface Options {
  readonly of?: Schema;
  readonly budget?: CrossBudget;
}

const chosen = async (together: number, seed: number, options: Options = {}) => {
  const { of = schema, budget = BUDGET } = options;
  const set = packTrainingSet(of, slates(2500, together, seed));
  const tried = await chooseCrosses(set, { parent: parentOf(of), name: 'learned', device }, budget);
  return keptOf(tried);
};
const keptOf = (tried: readonly TriedCross[] = []) =>
  tried.filter(({ isKept }) => isKept).map(({ name }) => name);

describe('which pairs become crosses', () => {
  it('are those that interact, and no others', async () => {
    expect(await chosen(1, 1)).toEqual(['colour × size']);
  });

  it('are none in most worlds without one', async () => {
    let wrong = 0;
    for (let seed = 0; seed < 25; seed++) if ((await chosen(0, 100 + seed)).length > 0) wrong++;
    // Of 25 at a level of 5 %, more than 4 happen with a probability of less than 1 %.
    expect(wrong).toBeLessThanOrEqual(4);
  });

  it('are none whose feature has a declared constraint, which cells could break', async () => {
    const of = schemaWith({ constraints: [{ feature: 'colour', monotone: 'increasing' }] });
    expect(await chosen(1, 1, { of })).toEqual([]);
  });

  it('are none that the schema has', async () => {
    const { features } = schema;
    const of = schemaWith({
      features: [...features, { name: 'both', kind: 'cross', of: ['colour', 'size'] }],
    });
    expect(await chosen(1, 1, { of })).toEqual([]);
  });

  it('fit the budget of pairs and of weights', async () => {
    expect(await chosen(1, 1, { budget: { pairs: 0, weights: 2048 } })).toEqual([]);
    expect(await chosen(1, 1, { budget: { pairs: 8, weights: 24 } })).toEqual([]);
    expect(await chosen(1, 1, { budget: { pairs: 8, weights: 25 } })).toEqual(['colour × size']);
  });

  it('are kept of the version before where slates tell too little, and dropped where later ones tell the contrary', async () => {
    const before: CrossPoints = { features: ['colour', 'size'], points: [] };
    const parent = parentOf(schema, [before]);
    const kept = async (set: LabelledSlate[]) => {
      const packed = packTrainingSet(schema, set);
      const tried = await chooseCrosses(packed, { parent, name: 'learned', device }, BUDGET);
      return keptOf(tried);
    };
    expect(await kept(slates(300, 0, 3))).toEqual(['colour × size']);
    const later = slates(1500, -1.5, 3).map((slate, i) => ({ ...slate, at: 1500 + i }));
    expect(await kept([...slates(1500, 1.5, 3), ...later])).toEqual([]);
  });
});

describe('a training', () => {
  const train = (crosses?: CrossBudget, parent = parentOf(schema)) =>
    learn(packTrainingSet(schema, slates(4000, 1, 7)), {
      learner: 'additive',
      parent,
      name: 'learned',
      device,
      ...(crosses && { crosses }),
    });

  it('learns what colours and sizes are worth together, and says how well it knows it', async () => {
    const { scorer, crosses, gate } = await train(BUDGET);
    expect(keptOf(crosses)).toEqual(['colour × size']);
    expect(gate.verdict).toBe('promote');
    const [{ points }] = crossPointsOf({ ...scorer, version: RULES_VERSION });
    // In log-odds equal buckets are worth 1 more than others, so 20 points at 0.05 log-odds each; the ridge takes a part.
    const equal = [1, 2, 3].map((x) => points[x][x]);
    const others = [
      points[1][2],
      points[1][3],
      points[2][1],
      points[2][3],
      points[3][1],
      points[3][2],
    ];
    const mean = (all: readonly number[]) => all.reduce((sum, own) => sum + own, 0) / all.length;
    expect(mean(equal) - mean(others)).toBeGreaterThan(15);
    expect(mean(equal) - mean(others)).toBeLessThan(25);
    const stored = scorerFromBytes(scorerToBytes({ ...scorer, version: RULES_VERSION }));
    expect(stored).toEqual({ ...scorer, version: RULES_VERSION });
    expect(scorer.kind === 'additive' && scorer.posterior).toHaveLength(5 * 256);
  });

  it('without a budget has those of the version that it starts from, and no others', async () => {
    expect((await train()).scorer.crosses).toBeUndefined();
    const points: number[][] = [];
    const before = parentOf(schema, [{ features: ['shape', 'wood'], points }]);
    expect((await train(undefined, before)).scorer.crosses).toEqual([[2, 3]]);
  });

  it.each(['boosted', 'mlp'] as const)(
    'of %s trees or networks has them in its first pass',
    async (learner) => {
      const { scorer } = await learn(packTrainingSet(schema, slates(2500, 1, 7)), {
        learner,
        parent: parentOf(schema),
        name: 'learned',
        device,
        crosses: BUDGET,
      });
      expect(scorer.crosses).toEqual([[0, 1]]);
    },
  );
});
