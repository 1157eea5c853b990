import { catalogueTable, sortColumns } from '../../../shared/features/catalogue-table.ts';
import { attributesAt, packItems } from '../../../shared/features/columns/item-table.ts';
import { demoCatalogue } from '../../../backend/catalogue/demo.ts';
import { parseItem } from '../../../shared/domain/item.ts';
import { seededRandom } from '../../../shared/explore/random.ts';
import { smarttrip } from '../../../shared/features/smarttrip.ts';
import { patchFromBytes, patchToBytes } from '../../../shared/format/patch-bytes.ts';
import {
  snapshotFromBytes,
  snapshotHash,
  snapshotToBytes,
} from '../../../shared/format/snapshot-bytes.ts';
import { editTable } from '../../../shared/score/edit-table.ts';
import { rankable } from '../../../shared/score/rankable.ts';
import { snapshotSpace } from '../../../shared/score/stored-table.ts';
import { NOW_MS } from './trips.ts';

/**
 * Run by itself: packs trips and publishes changed prices of some of them, whole and as a patch, and prints bytes and processor time of
 * each side. Arguments: how many trips, and how many are changed at once.
 */
const [size, changed] = process.argv.slice(2).map(Number);
const ROUNDS = 7;

/** Milliseconds of processor time. */
function timed<T>(work: () => T): [result: T, ms: number] {
  const before = process.cpuUsage();
  const result = work();
  const { user, system } = process.cpuUsage(before);
  return [result, (user + system) / 1000];
}

const items = demoCatalogue(size, 1, NOW_MS).map((trip) => parseItem({ ...trip }));
const [bytes, publishWholeMs] = timed(() => {
  const own = snapshotToBytes(smarttrip, catalogueTable(smarttrip, items));
  snapshotHash(own);
  return own;
});
const load = () => {
  const space = snapshotSpace(bytes.length);
  space.set(bytes);
  snapshotHash(space);
  const { table, blocks } = snapshotFromBytes(space, true);
  return rankable(table, blocks);
};
const random = seededRandom(5);
let live = load();
const rounds = Array.from({ length: ROUNDS }, () => {
  const [, loadMs] = timed(load);
  const { table } = live;
  const rows = new Set<number>();
  while (rows.size < changed) rows.add(Math.floor(random() * size));
  const put = [...rows].map((row) => {
    const attributes = attributesAt(table, row);
    return {
      id: table.ids.at(row)!,
      attributes: { ...attributes, price: Number(attributes.price) + 10 },
    };
  });
  const [patch, writeMs] = timed(() => {
    const edit = {
      sort: sortColumns(smarttrip, table),
      withdrawn: [],
      put: packItems(smarttrip.columns, put),
    };
    return patchToBytes(smarttrip, { from: [], edit });
  });
  const [applied, applyMs] = timed(() => {
    const edited = editTable(live, patchFromBytes(patch).edit);
    return rankable(edited.table, edited.blocks);
  });
  live = applied;
  // The backend applies it as the edge does, and names it by the bytes of the whole.
  const [, nameMs] = timed(() => snapshotHash(snapshotToBytes(smarttrip, live.table)));
  return {
    loadMs,
    applyMs,
    publishMs: writeMs + applyMs + nameMs,
    patchBytes: patch.length,
  };
});
const median = (of: keyof (typeof rounds)[number]) =>
  rounds.map((round) => round[of]).toSorted((a, b) => a - b)[ROUNDS >> 1];
console.log(
  JSON.stringify({
    wholeBytes: bytes.length,
    publishWholeMs,
    loadMs: median('loadMs'),
    applyMs: median('applyMs'),
    publishMs: median('publishMs'),
    patchBytes: median('patchBytes'),
  }),
);
