import { cpuDevice } from '../../backend/device/cpu/cpu-device.ts';
import { learnColumns } from '../../backend/science/evaluation/item-rates/learn-columns.ts';
import { CLICKED } from '../../backend/science/evaluation/item-rates/shown-items.ts';
import { packTrainingSet, type LabelledSlate } from '../../backend/science/learn/training-set.ts';
import { learn } from '../../backend/science/training/train-version.ts';
import { RULES_VERSION, versionOf } from '../../shared/domain/ids.ts';
import { parseItem } from '../../shared/domain/item.ts';
import { seededRandom } from '../../shared/explore/random.ts';
import { packItems } from '../../shared/features/columns/item-table.ts';
import { learnedPart } from '../../shared/features/columns/learned-columns.ts';
import { parseSchema } from '../../shared/features/schema.ts';
import { withLearned } from '../../shared/score/learned-table.ts';
import { rankable, type RankableTable } from '../../shared/score/rankable.ts';
import { additiveFromPoints, type Scorer } from '../../shared/score/scorer.ts';
import { SHOWN, show } from './hidden-taste.ts';

const ITEMS = 300;
const COUNTRIES = ['FR', 'IT', 'JP', 'VN', 'PE', 'MA', 'NO', 'ZA'];
const START_MS = Date.UTC(2026, 4, 1);
/** Two rankings a minute: a thousand are some eight hours. */
const BETWEEN_MS = 30_000;
/** Log-odds of a click on the first slot, where an item is worth 0. */
const USUAL = -2.5;
const VISIT = { preferences: {}, context: {}, recent: [] };

/** What a site's schema has: attributes, learned columns without points, or with points by which they rank at once. */
export type Reads = 'attributes' | 'both' | 'both with points' | 'learned with points' | 'nothing';

const ATTRIBUTES = [{ name: 'country', kind: 'category', column: 'country', values: COUNTRIES }];
const BUCKETS = 30;
const LEARNED = [
  { name: 'click-rate', kind: 'learned', of: 'clickRate', days: 7, buckets: BUCKETS },
];
/** From −15 to 15; an item of which nothing is known stands with the usual ones. */
const POINTS = [0, ...Array.from({ length: BUCKETS }, (_, i) => (30 * i) / (BUCKETS - 1) - 15)];

function schemaOf(reads: Reads) {
  const hasAttributes = reads !== 'learned with points' && reads !== 'nothing';
  const hasLearned = reads !== 'attributes' && reads !== 'nothing';
  return parseSchema({
    name: 'appeal',
    columns: [{ name: 'country', type: 'category' }],
    features: [
      { name: 'base', kind: 'constant' },
      ...(hasAttributes ? ATTRIBUTES : []),
      ...(hasLearned ? LEARNED : []),
    ],
    ...(hasLearned && { constraints: [{ feature: 'click-rate', monotone: 'increasing' }] }),
    rules: reads.endsWith('with points') ? { 'click-rate': POINTS } : {},
    exploration: { temperature: 3, epsilon: 0.1, poolSize: ITEMS },
  });
}

/** A catalogue in which most of what an item is worth stands in no attribute of it. */
export interface Appeal {
  readonly table: RankableTable;
  /** Log-odds by row, the same for all visitors. */
  readonly worth: Float64Array;
}

export function hiddenAppeal(seed: number): Appeal {
  const random = seededRandom(seed);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const liked = new Map(COUNTRIES.map((country) => [country, 0.4 * normal()]));
  const items = Array.from({ length: ITEMS }, (_, i) =>
    parseItem({
      id: `item-${String(i).padStart(3, '0')}`,
      country: COUNTRIES[Math.floor(random() * COUNTRIES.length)],
    }),
  );
  const worth = Float64Array.from(
    items,
    ({ attributes }) => liked.get(String(attributes.country))! + 0.8 * normal(),
  );
  return { table: rankable(packItems(schemaOf('nothing').columns, items)), worth };
}

/** Of the way from chance to the oracle, in clicks per ranking, as the champion ranks after a training. */
export interface Point {
  readonly rankings: number;
  readonly share: number;
}

/**
 * A site that ranks, and at some numbers of rankings learns its columns anew from the log, as a refresh does, and then trains on
 * the codes that were logged. Sites of one seed have the same items and the same luck.
 */
export async function climb(
  { table: catalogue, worth }: Appeal,
  reads: Reads,
  numbers: readonly number[],
  seed: number,
): Promise<Point[]> {
  const schema = schemaOf(reads);
  const random = seededRandom(seed);
  let champion: Scorer = additiveFromPoints(schema, schema.rules, {
    version: RULES_VERSION,
    name: 'rules',
  });
  let table = catalogue;
  const log: (LabelledSlate & { readonly rows: readonly number[] })[] = [];
  const points: Point[] = [];
  const chance = (worth.reduce((sum, one) => sum + clicksOn(one, 0), 0) / ITEMS) * looks(SHOWN);
  const best = earned(
    worth,
    Array.from(worth.keys()).toSorted((a, b) => worth[b] - worth[a]),
  );
  for (const rankings of numbers) {
    while (log.length < rankings) {
      const n = log.length;
      const slate = show(champion, table, VISIT, { seed: seed + n, nowMs: START_MS });
      log.push({
        at: START_MS + n * BETWEEN_MS,
        sessionId: String(n),
        rows: slate.rows,
        codes: slate.codes,
        reward: Float64Array.from(slate.rows, (row, slot) =>
          random() < clicksOn(worth[row], slot) ? 1 : 0,
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
    champion = { ...scorer, version: versionOf(points.length + 1) };
    const { columns } = learnColumns(shownOf(catalogue, log), log.at(-1)!.at);
    table = withLearned(catalogue, schema, learnedPart(columns, 'ab'.repeat(16)));
    const { rows } = show(champion, table, VISIT, { seed: 1, nowMs: START_MS, explores: false });
    points.push({ rankings, share: (earned(worth, rows) - chance) / (best - chance) });
  }
  return points;
}

/** Each session is a person of its own. */
function shownOf(
  { table: { ids } }: RankableTable,
  log: readonly (LabelledSlate & { readonly rows: readonly number[] })[],
) {
  return {
    items: [...ids],
    at: Float64Array.from(log, ({ at }) => at),
    person: Uint32Array.from(log, (_, i) => i),
    starts: Uint32Array.from({ length: log.length + 1 }, (_, i) => i * SHOWN),
    item: Uint32Array.from(log.flatMap(({ rows }) => rows)),
    slot: Uint16Array.from(log.flatMap(({ rows }) => [...rows.keys()])),
    did: Uint8Array.from(
      log.flatMap(({ reward }) => Array.from(reward, (one) => (one > 0 ? CLICKED : 0))),
    ),
  };
}

const clicksOn = (worth: number, slot: number) =>
  1 / (1 + Math.exp(-USUAL - worth)) / Math.sqrt(slot + 1);

const looks = (slots: number) =>
  Array.from({ length: slots }, (_, slot) => 1 / Math.sqrt(slot + 1)).reduce((a, b) => a + b);

const earned = (worth: Float64Array, rows: readonly number[]) =>
  rows.slice(0, SHOWN).reduce((sum, row, slot) => sum + clicksOn(worth[row], slot), 0);
