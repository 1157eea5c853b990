import { parseArgs } from 'node:util';
import { benchAdditive } from './additive.ts';
import { benchExperiments } from './experiments.ts';
import { benchExplore } from './explore.ts';
import { benchIngest } from './ingest.ts';
import { benchMemory } from './memory.ts';
import { benchOnline } from './online.ts';
import { benchParse } from './parse.ts';
import { benchQuality } from './quality.ts';
import { benchRank } from './rank.ts';
import { benchScore } from './score.ts';
import { benchStatistics } from './statistics.ts';
import { benchTrees } from './trees.ts';
import { readHardware } from './support/hardware.ts';
import type { Part, Say } from './support/part.ts';
import { tableOf } from './support/print-table.ts';

const PARTS: Readonly<Record<string, (say: Say) => Promise<Part>>> = {
  rank: benchRank,
  score: async () => ({ rows: await benchScore(), notes: [] }),
  explore: benchExplore,
  parse: benchParse,
  experiments: benchExperiments,
  ingest: benchIngest,
  online: benchOnline,
  statistics: benchStatistics,
  trees: benchTrees,
  additive: benchAdditive,
  quality: benchQuality,
  memory: benchMemory,
};

const { values: options } = parseArgs({
  options: { json: { type: 'boolean', default: false }, only: { type: 'string' } },
});
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
