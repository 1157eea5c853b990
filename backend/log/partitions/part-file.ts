import { DEFAULT_CONSENT, type Consent } from '../../../shared/domain/consent.ts';
import { storedExploration } from '../../../shared/domain/exploration.ts';
import { DEFAULT_PLACEMENT } from '../../../shared/domain/placement.ts';
import { parquetMetadata, parquetRead, type SchemaElement } from 'hyparquet';
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import type { LoggedSlate, SlateDraw, TrainingSlate } from '../../science/learn/logged-slate.ts';
import { COUNT_COLUMNS, VALUE_COLUMNS, type Tallies } from '../../science/learn/tallies.ts';

/**
 * Slates as a Parquet file: one row per shown item, the rows of a slate adjacent and in one row group. What
 * happened to an item is columns of counts and values, so that a reader takes the metrics it weighs and no more.
 */
const GROUP_ROWS = 20_000;

const text = (name: string, repetition: 'REQUIRED' | 'OPTIONAL'): SchemaElement => ({
  name,
  type: 'BYTE_ARRAY',
  converted_type: 'UTF8',
  repetition_type: repetition,
});
const number = (name: string, type: 'INT32' | 'DOUBLE', isOptional = false): SchemaElement => ({
  name,
  type,
  repetition_type: isOptional ? 'OPTIONAL' : 'REQUIRED',
});

/** Files from before they were kept have none of them. */
const DRAW_COLUMNS = ['temperature', 'epsilon', 'pool_size', 'is_drafted'];
/** Nor these, from before what is little known was explored; those that were not asked for are empty. */
const RAISE_COLUMNS = ['optimism', 'max_loss', 'from_slot', 'seed', 'raise_units'];
/** Nor these, from before there were rules for slates, and pages of a list. */
const RULED_COLUMNS = ['boost_units', 'is_pinned', 'is_restricted', 'page_offset'];
/** Nor these, from before there were placements. */
const CONTEXT_COLUMNS = ['placement', 'consent'];

const columnsOf = (features: number): SchemaElement[] => [
  text('rankingId', 'REQUIRED'),
  { name: 'at', type: 'INT64', converted_type: 'TIMESTAMP_MILLIS', repetition_type: 'REQUIRED' },
  text('sessionId', 'REQUIRED'),
  text('userId', 'OPTIONAL'),
  text('arm', 'OPTIONAL'),
  text('weights', 'REQUIRED'),
  text('itemId', 'REQUIRED'),
  number('slot', 'INT32'),
  number('score_units', 'INT32'),
  number('propensity', 'DOUBLE'),
  {
    name: 'codes',
    type: 'FIXED_LEN_BYTE_ARRAY',
    type_length: features,
    repetition_type: 'REQUIRED',
  },
  ...COUNT_COLUMNS.map((name) => number(name, 'INT32')),
  // Optional: a value of 0 is not the same as none.
  ...VALUE_COLUMNS.map((name) => number(name, 'DOUBLE', true)),
  // JSON of `outcome.<metric>` → value: their names are not known beforehand.
  text('outcomes', 'OPTIONAL'),
  ...DRAW_COLUMNS.map((name) => number(name, 'DOUBLE', true)),
  ...CONTEXT_COLUMNS.map((name) => text(name, 'OPTIONAL')),
  ...RAISE_COLUMNS.map((name) => number(name, 'DOUBLE', true)),
  ...RULED_COLUMNS.map((name) => number(name, 'DOUBLE', true)),
];

export interface PartWriter {
  readonly rows: number;
  add(slate: LoggedSlate): void;
  /** The whole file. Nothing can be added afterwards. */
  finish(): Uint8Array;
}

type Columns = Record<string, unknown[]>;

/** @param features bytes of codes per item. */
export function partWriter(features: number): PartWriter {
  const elements = columnsOf(features);
  const bytes = new ByteWriter();
  const file = new ParquetWriter({
    writer: bytes,
    schema: [{ name: 'root', num_children: elements.length }, ...elements],
    statistics: false,
    createdBy: 'trimtab',
  });
  const empty = (): Columns => Object.fromEntries(elements.map(({ name }) => [name, []]));
  let group = empty();
  let rows = 0;
  const flush = () => {
    const rowGroupSize = group.slot.length;
    if (rowGroupSize === 0) return;
    const columnData = elements.map(({ name }) => ({
      name,
      data: group[name],
      offsetIndex: false,
    }));
    void file.write({ columnData, rowGroupSize });
    group = empty();
  };
  return {
    get rows() {
      return rows;
    },
    add(slate) {
      addSlate(group, slate, features);
      rows += slate.itemIds.length;
      if (group.slot.length >= GROUP_ROWS) flush();
    },
    finish() {
      flush();
      void file.finish();
      return bytes.getBytes();
    },
  };
}

function addSlate(group: Columns, slate: LoggedSlate, features: number): void {
  const at = new Date(slate.at);
  const draw = slate.draw === null ? undefined : drawCells(slate.draw);
  slate.itemIds.forEach((itemId, slot) => {
    const tallies = slate.tallies[slot] ?? {};
    group.rankingId.push(slate.rankingId);
    group.at.push(at);
    group.sessionId.push(slate.sessionId);
    group.userId.push(slate.userId ?? undefined);
    group.placement.push(slate.placement);
    group.consent.push(slate.consent);
    group.arm.push(slate.arm ?? undefined);
    group.weights.push(slate.weights);
    group.itemId.push(itemId);
    group.slot.push(slot + 1);
    group.score_units.push(slate.units[slot]);
    group.propensity.push(slate.propensities[slot]);
    for (const [i, name] of DRAW_COLUMNS.entries()) group[name].push(draw?.[i]);
    group.optimism.push(slate.draw?.optimism);
    group.max_loss.push(slate.draw?.maxLoss);
    group.from_slot.push(slate.draw?.fromSlot);
    group.seed.push(slate.draw?.seed);
    group.raise_units.push(slate.raises?.[slot]);
    group.boost_units.push(slate.boosts?.[slot]);
    group.is_pinned.push(slate.pinned?.[slot]);
    group.is_restricted.push(slate.isRestricted ? 1 : undefined);
    group.page_offset.push(slate.pageOffset);
    group.codes.push(slate.codes.subarray(slot * features, (slot + 1) * features));
    for (const name of COUNT_COLUMNS) group[name].push(tallies[name] ?? 0);
    for (const name of VALUE_COLUMNS) group[name].push(tallies[name]);
    const outcomes = Object.entries(tallies).filter(([name]) => name.startsWith('outcome.'));
    group.outcomes.push(
      outcomes.length === 0 ? undefined : JSON.stringify(Object.fromEntries(outcomes)),
    );
  });
}

/** In the order of `DRAW_COLUMNS`. */
const drawCells = ({ temperature, epsilon, poolSize, isDrafted }: SlateDraw): number[] => [
  temperature,
  epsilon,
  poolSize,
  Number(isDrafted),
];

const SHOWN = [
  'rankingId',
  'arm',
  'score_units',
  ...DRAW_COLUMNS,
  ...CONTEXT_COLUMNS,
  ...RAISE_COLUMNS,
  'boost_units',
  'is_restricted',
];
const TRAINING = [
  'at',
  'sessionId',
  'userId',
  'weights',
  'itemId',
  'slot',
  'propensity',
  'codes',
  'is_pinned',
  'page_offset',
];

/** Every slate of a file, whole. */
export const readPart = (bytes: Uint8Array<ArrayBuffer>): AsyncGenerator<LoggedSlate> =>
  slates(bytes, [...SHOWN, ...TRAINING], [...COUNT_COLUMNS, ...VALUE_COLUMNS, 'outcomes']);

/** What learners need, with the tallies of the columns named. @param withPlacement whether to read of which placement each slate is. */
export const readPartForTraining = (
  bytes: Uint8Array<ArrayBuffer>,
  tallied: readonly string[],
  withPlacement = false,
): AsyncGenerator<TrainingSlate> => {
  const own = tallied.filter((name) => !name.startsWith('outcome.'));
  const shown = withPlacement ? [...TRAINING, 'placement'] : TRAINING;
  return slates(bytes, shown, own.length < tallied.length ? [...own, 'outcomes'] : own);
};

/** Different values of a column. */
export async function distinctIn(
  bytes: Uint8Array<ArrayBuffer>,
  column: string,
): Promise<Set<unknown>> {
  const found = new Set<unknown>();
  for await (const group of groups(bytes, [column]))
    for (const value of group[column]) found.add(value);
  return found;
}

async function* slates(
  bytes: Uint8Array<ArrayBuffer>,
  shown: readonly string[],
  tallied: readonly string[],
): AsyncGenerator<LoggedSlate> {
  for await (const group of groups(bytes, [...shown, ...tallied])) {
    const slots = group.slot as number[];
    for (let from = 0; from < slots.length;) {
      let to = from + 1;
      while (to < slots.length && slots[to] !== 1) to++;
      yield slateOf(group, from, to, tallied);
      from = to;
    }
  }
}

/** Columns that were not read give empty fields. */
function slateOf(
  group: Columns,
  from: number,
  to: number,
  tallied: readonly string[],
): LoggedSlate {
  const codes = group.codes as Uint8Array[];
  const features = codes[from].length;
  const own = new Uint8Array((to - from) * features);
  const tallies: (Tallies | undefined)[] = [];
  for (let row = from; row < to; row++) {
    own.set(codes[row], (row - from) * features);
    tallies.push(talliesAt(group, row, tallied));
  }
  const slice = <T>(name: string) => (group[name]?.slice(from, to) ?? []) as T[];
  return {
    rankingId: (group.rankingId?.[from] ?? '') as string,
    at: Number(group.at[from]),
    sessionId: group.sessionId[from] as string,
    userId: (group.userId[from] ?? null) as string | null,
    placement: (group.placement?.[from] ?? DEFAULT_PLACEMENT) as string,
    consent: (group.consent?.[from] ?? DEFAULT_CONSENT) as Consent,
    arm: (group.arm?.[from] ?? null) as string | null,
    weights: group.weights[from] as string,
    draw: drawAt(group, from),
    itemIds: slice<string>('itemId'),
    units: Int32Array.from(slice<number>('score_units')),
    ...((group.raise_units?.[from] ?? null) !== null && {
      raises: Int32Array.from(slice<number>('raise_units')),
    }),
    ...ruledAt(group, from, slice),
    propensities: Float64Array.from(slice<number>('propensity')),
    codes: own,
    tallies,
  };
}

/** Of slates without rules, and in files from before there were any, all of them are empty. */
function ruledAt(group: Columns, row: number, slice: (name: string) => number[]) {
  const has = (name: string) => typeof group[name]?.[row] === 'number';
  return {
    ...(has('boost_units') && { boosts: Int32Array.from(slice('boost_units')) }),
    ...(has('is_pinned') && { pinned: Uint8Array.from(slice('is_pinned')) }),
    ...(has('is_restricted') && { isRestricted: true as const }),
    ...(has('page_offset') && { pageOffset: group.page_offset[row] as number }),
  };
}

function drawAt(group: Columns, row: number): SlateDraw | null {
  const cells = DRAW_COLUMNS.map((name) => group[name]?.[row]);
  if (cells.some((cell) => cell === undefined || cell === null)) return null;
  const [temperature, epsilon, poolSize, isDrafted] = cells as number[];
  const own = (name: string) => group[name]?.[row] as number | null | undefined;
  const [optimism, maxLoss, fromSlot, seed] = RAISE_COLUMNS.map(own);
  return {
    ...storedExploration({ temperature, epsilon, poolSize, optimism, maxLoss, fromSlot }),
    ...(typeof seed === 'number' && { seed }),
    isDrafted: isDrafted === 1,
  };
}

function talliesAt(group: Columns, row: number, tallied: readonly string[]): Tallies | undefined {
  let found: Record<string, number> | undefined;
  for (const name of tallied) {
    const value = group[name]?.[row];
    if (value === 0 && !name.endsWith('_value')) continue;
    if (value === undefined || value === null) continue;
    found ??= {};
    if (name === 'outcomes') Object.assign(found, JSON.parse(value as string));
    else found[name] = value as number;
  }
  return found;
}

/** Row group by row group, the columns named. */
async function* groups(
  bytes: Uint8Array<ArrayBuffer>,
  columns: readonly string[],
): AsyncGenerator<Columns> {
  const file = bytes.byteLength === bytes.buffer.byteLength ? bytes.buffer : bytes.slice().buffer;
  const metadata = parquetMetadata(file);
  const stored = new Set(metadata.schema.map(({ name }) => name));
  // A file from before there was an event type has no column of it: nothing of it had happened.
  const mayLack = new Set([
    ...COUNT_COLUMNS,
    ...VALUE_COLUMNS,
    ...DRAW_COLUMNS,
    ...CONTEXT_COLUMNS,
    ...RAISE_COLUMNS,
    ...RULED_COLUMNS,
  ]);
  const present = columns.filter((name) => stored.has(name) || !mayLack.has(name));
  let rowStart = 0;
  for (const { num_rows: size } of metadata.row_groups) {
    const rowEnd = rowStart + Number(size);
    const group: Columns = {};
    await parquetRead({
      file,
      metadata,
      columns: present,
      rowStart,
      rowEnd,
      utf8: false,
      onChunk: ({ columnName, columnData }) => {
        const chunk = columnData as unknown[];
        group[columnName] =
          group[columnName] === undefined ? chunk : [...group[columnName], ...chunk];
      },
    });
    yield group;
    rowStart = rowEnd;
  }
}
