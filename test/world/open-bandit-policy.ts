import { cpuDevice } from '../../backend/device/cpu/cpu-device.ts';
import type { OpenBanditLog } from '../../backend/replay/open-bandit.ts';
import { packTrainingSet } from '../../backend/science/learn/training-set.ts';
import { learn } from '../../backend/science/training/train-version.ts';
import { parseItemId, RULES_VERSION } from '../../shared/domain/ids.ts';
import { packItems } from '../../shared/features/columns/item-table.ts';
import { parseSchema } from '../../shared/features/schema.ts';
import { rankable } from '../../shared/score/rankable.ts';
import { rankSlate } from '../../shared/score/rank.ts';
import { additiveFromPoints } from '../../shared/score/scorer.ts';

const SLATES = 5000;
const NOBODY = { preferences: {}, context: {}, recent: [] };

/**
 * What Trimtab would show after one training on the log of another policy: with the default exploration, for everybody alike,
 * as an item's own number is all that 10,000 rows of 34 items can tell of.
 * @returns the share of each item at each position, as `actionShares` has them, from slates drawn with a seed.
 */
export async function learnedShares(log: OpenBanditLog): Promise<Float64Array> {
  const { actions, positions } = log;
  const items = Array.from({ length: actions }, (_, item) => `item-${item}`);
  const schema = parseSchema({
    name: 'fashion',
    columns: [{ name: 'item', type: 'category' }],
    features: [
      {
        name: 'item',
        kind: 'category',
        column: 'item',
        values: items,
      },
    ],
    constraints: [],
    filters: [],
    rules: { item: Array.from({ length: actions + 2 }, () => 0) },
    exploration: {
      temperature: 3,
      epsilon: 0.02,
      poolSize: actions,
      optimism: 1,
      maxLoss: 4,
    },
    training: { objective: 'listwise', l2: 1, position: 'given', reward: { click: 1 } },
  });
  const set = packTrainingSet(
    schema,
    Array.from({ length: log.rows }, (_, row) => ({
      at: row,
      sessionId: `row ${row}`,
      codes: Uint8Array.of(log.action[row] + 1),
      reward: Float64Array.of(log.click[row]),
      propensities: Float64Array.of(log.pscore[row]),
    })),
  );
  const parent = additiveFromPoints(schema, schema.rules, {
    version: RULES_VERSION,
    name: 'nothing known',
  });
  const { scorer } = await learn(set, {
    parent,
    learner: 'additive',
    name: 'learned',
    device: cpuDevice(),
  });
  const table = rankable(
    packItems(
      schema.columns,
      items.map((item) => ({ id: parseItemId(item), attributes: { item } })),
    ),
  );
  const shares = new Float64Array(actions * positions);
  for (let seed = 0; seed < SLATES; seed++) {
    const { exploration } = schema;
    const ranked = { limit: positions, seed, nowMs: 0, exploration };
    rankSlate({ ...scorer, version: RULES_VERSION }, table, NOBODY, ranked).ids.forEach(
      (id, position) => {
        shares[items.indexOf(id) * positions + position] += 1 / SLATES;
      },
    );
  }
  return shares;
}
