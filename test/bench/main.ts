import { parseArgs } from 'node:util';
import { benchAtOnce } from './at-once.ts';
import { benchAdditive } from './additive.ts';
import { benchCatalogue } from './catalogue.ts';
import { benchClicks } from './clicks.ts';
import { benchCurves } from './curves.ts';
import { benchPatches } from './patches.ts';
import { benchExperiments } from './experiments.ts';
import { benchExplore } from './explore.ts';
import { filterRows } from './filters.ts';
import { slateRuleRows } from './slate-rules.ts';
import { benchIngest } from './ingest.ts';
import { benchMemory } from './memory.ts';
import { benchOffline } from './offline.ts';
import { benchOnline } from './online.ts';
import { benchParse } from './parse.ts';
import { benchPools } from './pools.ts';
import { benchQuality } from './quality.ts';
import { benchRank } from './rank.ts';
import { benchRelated } from './related.ts';
import { benchDegraded, benchRerank } from './rerank.ts';
import { benchScore } from './score.ts';
import { benchStages } from './stages.ts';
import { benchStatistics } from './statistics.ts';
import { benchTraces } from './traces.ts';
import { benchTrees } from './trees.ts';
import { DEFAULT_VARIANT, type RankVariant } from './support/rank-variant.ts';
import { readHardware } from './support/hardware.ts';
import type { Part, Say } from './support/part.ts';
import { tableOf } from './support/print-table.ts';

const PARTS: Readonly<Record<string, (say: Say) => Promise<Part>>> = {
  rank: (say) => benchRank(say, variant),
  pools: async (say) => benchPools(say, variant),
  stages: async (say) => benchStages(say, variant),
  score: async () => ({ rows: await benchScore(), notes: [] }),
  filters: async () => ({ rows: filterRows(), notes: [] }),
  'slate-rules': async () => ({ rows: slateRuleRows(), notes: [] }),
  'at-once': benchAtOnce,
  traces: benchTraces,
  related: benchRelated,
  catalogue: benchCatalogue,
  curves: benchCurves,
  patches: benchPatches,
  rerank: async () => ({ rows: await benchRerank(), notes: [] }),
  degraded: async () => ({ rows: await benchDegraded(), notes: [] }),
  explore: benchExplore,
  offline: benchOffline,
  parse: benchParse,
  experiments: benchExperiments,
  ingest: benchIngest,
  online: benchOnline,
  clicks: benchClicks,
  statistics: benchStatistics,
  trees: benchTrees,
  additive: benchAdditive,
  quality: benchQuality,
  memory: benchMemory,
};

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    only: { type: 'string' },
    // Of `rank`, `stages` and `pools`: what is ranked, and for how long (support/rank-variant.ts).
    items: { type: 'string', default: String(DEFAULT_VARIANT.items) },
    schema: { type: 'string', default: DEFAULT_VARIANT.schema },
    attributes: { type: 'string', default: DEFAULT_VARIANT.attributes },
    recent: { type: 'boolean', default: false },
    learned: { type: 'boolean', default: false },
    deltas: { type: 'boolean', default: false },
    visitors: { type: 'string', default: DEFAULT_VARIANT.visitors },
    quick: { type: 'boolean', default: false },
  },
});
const variant: RankVariant = {
  items: Number(options.items),
  schema: oneOf('schema', options.schema, ['now', 'before']),
  attributes: oneOf('attributes', options.attributes, ['correlated', 'independent']),
  recent: options.recent,
  learned: options.learned,
  deltas: options.deltas,
  visitors: oneOf('visitors', options.visitors, ['different', 'zipf']),
  quick: options.quick,
};
if (!Number.isSafeInteger(variant.items) || variant.items < 1)
  throw new Error(`--items must be a whole number from 1, but was "${options.items}"`);
const names = Object.keys(PARTS).filter((name) => (options.only ?? name) === name);
if (names.length === 0) {
  throw new Error(
    `--only must be one of ${Object.keys(PARTS).join(', ')}, but was "${options.only}"`,
  );
}
const say: Say = (text) => {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`);
};
const date = new Date().toISOString().slice(0, 10);
const hardware = readHardware();
const parts: Record<string, Part> = {};
for (const name of names) parts[name] = await PARTS[name](say);
say('');
if (options.json) console.log(JSON.stringify({ date, hardware, parts }, null, 2));
else {
  const { cpu, cores, memoryGiB, node, workerd, loadBefore } = hardware;
  console.log(
    `${date}: ${cpu}, ${cores} cores, ${memoryGiB} GiB, Node ${node}, ${workerd}, load ${loadBefore.toFixed(1)}`,
  );
  for (const [name, { rows, notes }] of Object.entries(parts)) {
    console.log(`\n${name}\n${tableOf(rows)}`);
    for (const note of notes) console.log(`  - ${note}`);
  }
}

function oneOf<T extends string>(name: string, given: string, values: readonly T[]): T {
  const found = values.find((value) => value === given);
  if (found === undefined)
    throw new Error(`--${name} must be one of ${values.join(', ')}, but was "${given}"`);
  return found;
}
