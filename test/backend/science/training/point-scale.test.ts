import { expect, test } from 'vitest';
import { cpuDevice } from '../../../../backend/device/cpu/cpu-device.ts';
import type { TrainingSet } from '../../../../backend/science/learn/training-set.ts';
import { learn } from '../../../../backend/science/training/train-version.ts';
import { RULES_VERSION } from '../../../../shared/domain/ids.ts';
import { seededRandom } from '../../../../shared/explore/random.ts';
import { parseSchema } from '../../../../shared/features/schema.ts';
import { additiveFromPoints, pointsOf, type Scorer } from '../../../../shared/score/scorer.ts';
import { HOMES_SCHEMA, homes } from '../../../world/lasting-value.ts';

const SLOTS = 4;
const PHOTOS = homes.features.findIndex(({ name }) => name === 'photos');
const [LAVISH, PLAIN] = [1, 2];

/** Slates of four homes, of which those with lavish photos are clicked more often, and often several of a slate. */
function slates(count: number, rates: readonly [number, number]): TrainingSet {
  const random = seededRandom(11);
  const rows = count * SLOTS;
  const codes = new Uint8Array(rows * homes.features.length).fill(1);
  const reward = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    const photos = random() < 0.5 ? LAVISH : PLAIN;
    codes[PHOTOS * rows + row] = photos;
    reward[row] = random() < rates[photos - 1] ? 1 : 0;
  }
  return {
    rows,
    features: homes.features.length,
    codes,
    starts: Uint32Array.from({ length: count + 1 }, (_, slate) => slate * SLOTS),
    reward,
    position: Uint16Array.from({ length: rows }, (_, row) => 1 + (row % SLOTS)),
    at: Float64Array.from({ length: count }, (_, slate) => slate),
    cluster: Uint32Array.from({ length: count }, (_, slate) => slate),
  };
}

test('the schema’s bounds hold for the points that serve, whatever the scale of the fit', async () => {
  const schema = parseSchema({
    ...HOMES_SCHEMA,
    constraints: [{ feature: 'photos', min: -2, max: 3 }],
  });
  const parent = additiveFromPoints(schema, schema.rules, {
    version: RULES_VERSION,
    name: 'rules',
  });
  const set = slates(3000, [0.5, 0.2]);
  const { scorer } = await learn(set, {
    learner: 'additive',
    parent,
    name: 'bounded',
    device: cpuDevice(),
  });
  const { photos } = pointsOf({ ...scorer, version: RULES_VERSION });
  expect(photos[LAVISH]).toBe(3);
  expect(photos[PLAIN]).toBe(-2);
});

test.each([
  ['many clicks', [0.5, 0.2]],
  ['few clicks', [0.06, 0.03]],
] as const)(
  'trained day after day from the last version, points stay as far apart as the first training put them, with %s',
  async (_, rates) => {
    const set = slates(3000, rates);
    let parent: Scorer = additiveFromPoints(homes, homes.rules, {
      version: RULES_VERSION,
      name: 'rules',
    });
    const [apart, levels]: number[][] = [[], []];
    for (let day = 0; day < 6; day++) {
      const { scorer } = await learn(set, {
        learner: 'additive',
        parent,
        name: 'of the day',
        device: cpuDevice(),
      });
      parent = { ...scorer, version: RULES_VERSION };
      const { photos } = pointsOf(parent);
      apart.push(photos[LAVISH] - photos[PLAIN]);
      levels.push((photos[LAVISH] + photos[PLAIN]) / 2);
    }
    // Exploration is in points: where they shrink, it ends by deciding alone. A descent ends within a thousandth of the best.
    for (const later of apart) expect(later / apart[0]).toBeCloseTo(1, 3);
    // Nor does what all items have in common grow, which moves no ranking.
    for (const level of levels) expect(Math.abs(level)).toBeLessThan(apart[0]);
  },
);
