import { cpuDevice } from '../../backend/device/cpu/cpu-device.ts';
import { demoCatalogue } from '../../backend/catalogue/demo.ts';
import { packTrainingSet, type LabelledSlate } from '../../backend/science/learn/training-set.ts';
import { learn } from '../../backend/science/training/train-version.ts';
import { parseItem } from '../../shared/domain/item.ts';
import { RULES_VERSION, versionOf } from '../../shared/domain/ids.ts';
import type { Visit } from '../../shared/domain/rank-request.ts';
import { seededRandom } from '../../shared/explore/random.ts';
import { packItems } from '../../shared/features/columns/item-table.ts';
import { parseSchema, type Schema } from '../../shared/features/schema.ts';
import { smarttrip } from '../../shared/features/smarttrip.ts';
import definition from '../../shared/features/smarttrip.json' with { type: 'json' };
import { rankable, type RankableTable } from '../../shared/score/rankable.ts';
import { rankSlate } from '../../shared/score/rank.ts';
import { additiveFromPoints, type Scorer } from '../../shared/score/scorer.ts';
import { SHOWN, show } from './hidden-taste.ts';

export const NOW_MS = Date.UTC(2026, 4, 20, 10);
const ITEMS = 600;
/** Visitors of no log, by which a scorer's worth is known. */
const FRESH = 400;
/** Log-odds of a click on the first slot, where an item is worth 0. */
const USUAL = -2.5;

/** Somebody who asks, and what each item is worth to them in log-odds of a click, by row. */
export interface Person {
  readonly visit: Visit;
  readonly worth: Float64Array;
}

/** Visitors who differ in what they like, over one catalogue. */
export interface People {
  readonly table: RankableTable;
  person(random: () => number): Person;
}

export const catalogueOf = (seed: number): RankableTable =>
  rankable(
    packItems(
      smarttrip.columns,
      demoCatalogue(ITEMS, seed, NOW_MS).map((trip) => parseItem(trip)),
    ),
  );

/** How a site learns: which features it has not, how strongly crosses are shrunk, and who ranks meanwhile. */
export interface Arm {
  readonly without?: ReadonlySet<string>;
  readonly crossShrinkage?: number;
  /** The rules rank all along, with much left to chance, so that arms of one seed learn from one log. */
  readonly fromRules?: boolean;
}

const WIDE = { temperature: 20, epsilon: 0.5, poolSize: 300 };

/** Of the way from the rules to the oracle, in clicks per ranking, once so many rankings have been learned from. */
export interface Point {
  readonly rankings: number;
  readonly share: number;
}

/**
 * A site whose champion ranks until the next of some numbers of rankings, is then trained on all of them, and goes on as what was
 * learned. Two arms of one seed meet the same people.
 */
export async function climb(
  people: People,
  arm: Arm,
  numbers: readonly number[],
  seed: number,
): Promise<Point[]> {
  const schema = schemaOf(arm);
  const rules = additiveFromPoints(schema, schema.rules, { version: RULES_VERSION, name: 'rules' });
  const fresh = personsOf(people, FRESH, seed + 1);
  const [low, high] = [earned(people, rules, fresh), best(people, fresh)];
  const random = seededRandom(seed + 2);
  const visitors = seededRandom(seed + 3);
  const log: LabelledSlate[] = [];
  const points: Point[] = [];
  let champion: Scorer = arm.fromRules ? { ...rules, exploration: WIDE } : rules;
  for (const rankings of numbers) {
    while (log.length < rankings) {
      const { visit, worth } = people.person(visitors);
      const n = log.length;
      const slate = show(champion, people.table, visit, { seed: seed + n, nowMs: NOW_MS });
      log.push({
        at: NOW_MS + n,
        sessionId: String(n),
        codes: masked(slate.codes, arm),
        reward: Float64Array.from(slate.rows, (row, slot) =>
          random() < clickChance(worth[row], slot) ? 1 : 0,
        ),
        propensities: Float64Array.from(slate.propensities),
      });
    }
    const { scorer } = await learn(packTrainingSet(schema, log), {
      parent: champion,
      learner: 'additive',
      name: 'learned',
      device: cpuDevice(),
    });
    const learned = { ...scorer, version: versionOf(points.length + 1) };
    if (!arm.fromRules) champion = learned;
    points.push({ rankings, share: (earned(people, learned, fresh) - low) / (high - low) });
  }
  return points;
}

const personsOf = (people: People, count: number, seed: number): Person[] => {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => people.person(random));
};

const clickChance = (worth: number, slot: number) =>
  1 / (1 + Math.exp(-USUAL - worth)) / Math.sqrt(slot + 1);

const sumOf = (worth: Float64Array, rows: readonly number[]) =>
  rows.reduce((sum, row, slot) => sum + clickChance(worth[row], slot), 0);

function earned(people: People, scorer: Scorer, persons: readonly Person[]): number {
  let sum = 0;
  for (const { visit, worth } of persons)
    sum += sumOf(
      worth,
      show(scorer, people.table, visit, { seed: 1, nowMs: NOW_MS, explores: false }).rows,
    );
  return sum / persons.length;
}

/** What the oracle earns, which knows what each person likes. */
function best({ table }: People, persons: readonly Person[]): number {
  const nothing = additiveFromPoints(smarttrip, {}, { version: RULES_VERSION, name: 'nothing' });
  const visit = { preferences: {}, context: {}, recent: [] };
  const exploration = { temperature: 0, epsilon: 0, poolSize: ITEMS };
  const { rows } = rankSlate(nothing, table, visit, {
    limit: ITEMS,
    seed: 1,
    nowMs: NOW_MS,
    exploration,
  });
  let sum = 0;
  for (const { worth } of persons)
    sum += sumOf(worth, rows.toSorted((a, b) => worth[b] - worth[a]).slice(0, SHOWN));
  return sum / persons.length;
}

function schemaOf({ crossShrinkage }: Arm): Schema {
  if (crossShrinkage === undefined) return smarttrip;
  return parseSchema({ ...definition, training: { ...definition.training, crossShrinkage } });
}

/** A feature that a site has not is missing of all that it shows, so nothing is learned of it. */
function masked(codes: Uint8Array, { without }: Arm): Uint8Array {
  if (without === undefined) return codes;
  const features = smarttrip.features.length;
  return codes.map((code, i) => (without.has(smarttrip.features[i % features].name) ? 0 : code));
}
