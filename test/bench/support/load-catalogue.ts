import { openSync, readFileSync, readSync, statSync, writeFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { RULES_VERSION } from '../../../shared/domain/ids.ts';
import { smarttrip } from '../../../shared/features/smarttrip.ts';
import {
  PART_BYTES,
  snapshotFromBytes,
  snapshotHash,
} from '../../../shared/format/snapshot-bytes.ts';
import { rankable, type RankableTable } from '../../../shared/score/rankable.ts';
import { rankSlate } from '../../../shared/score/rank.ts';
import { additiveFromPoints } from '../../../shared/score/scorer.ts';
import { snapshotSpace } from '../../../shared/score/stored-table.ts';
import { makeVisits, NOW_MS } from './trips.ts';

/**
 * `load-catalogue.ts <file>`: what an isolate does with the snapshot in a file, in a process of its own. Prints as JSON the processor time from
 * the parts to the first ranked answer and of a later ranking, the memory that is kept, and the most that is used while the snapshot takes the
 * place of itself.
 */
const file = process.argv[2];
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
function residentBytes(field: 'VmRSS' | 'VmHWM'): number {
  const line = new RegExp(`${field}:\\s+(\\d+) kB`).exec(readFileSync('/proc/self/status', 'utf8'));
  return Number(line![1]) * 1024;
}
function settled(): number {
  for (let i = 0; i < 4; i++) collect();
  return residentBytes('VmRSS');
}

/** What lies in memory of WebAssembly is not among the array buffers of a process. */
function used(own?: RankableTable): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers + (own?.blocks?.memory?.u8.length ?? 0);
}

const scorer = additiveFromPoints(smarttrip, smarttrip.rules, {
  version: RULES_VERSION,
  name: 'rules',
});
const [visit] = makeVisits(1, 2);
const options = {
  limit: 20,
  seed: 1,
  nowMs: NOW_MS,
  exploration: { temperature: 3, epsilon: 0.02, poolSize: 50 },
};
const hash = snapshotHash(readFileSync(file));
const sizeBytes = statSync(file).size;
const opened = openSync(file, 'r');
function readPart(at: number): Uint8Array {
  const bytes = new Uint8Array(Math.min(PART_BYTES, sizeBytes - at * PART_BYTES));
  readSync(opened, bytes, 0, bytes.length, at * PART_BYTES);
  return bytes;
}

/** As `edge/artifacts` does from the parts in KV; that the disk is read is not counted. */
function load() {
  let ms = 0;
  const timed = <T>(work: () => T): T => {
    const before = process.cpuUsage();
    const value = work();
    const { user, system } = process.cpuUsage(before);
    ms += (user + system) / 1000;
    return value;
  };
  const bytes = timed(() => snapshotSpace(sizeBytes));
  for (let part = 0; part * PART_BYTES < sizeBytes; part++) {
    const read = readPart(part);
    timed(() => bytes.set(read, part * PART_BYTES));
  }
  const own = timed(() => {
    if (snapshotHash(bytes) !== hash) throw new Error('the file is damaged');
    const { table, blocks } = snapshotFromBytes(bytes, true);
    const competing = rankable(table, blocks);
    const slate = rankSlate(scorer, competing, visit, options);
    if (slate.ids.length !== options.limit) throw new Error('nothing was ranked');
    return competing;
  });
  return { own, ms };
}

/** Processor time of one ranking, the mean of different ones after some that warm up. */
function timeToRank(competing: RankableTable): number {
  const visits = makeVisits(512, 3);
  const rankAll = () => {
    for (const one of visits) rankSlate(scorer, competing, one, options);
  };
  for (let i = 0; i < 4; i++) rankAll();
  const before = process.cpuUsage();
  rankAll();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000 / visits.length;
}

const emptyBytes = settled();
const emptyHeap = used();
const first = load();
settled();
const keptBytes = used(first.own) - emptyHeap;
// The peak is counted from here on.
writeFileSync('/proc/self/clear_refs', '5');
const second = load();
const peakBytes = residentBytes('VmHWM') - emptyBytes;
const rankMs = timeToRank(second.own);
if (first.own === second.own) throw new Error('it was not loaded again');
console.log(
  JSON.stringify({ coldMs: first.ms, againMs: second.ms, keptBytes, peakBytes, sizeBytes, rankMs }),
);
