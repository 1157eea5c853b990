import type { Schema } from '../../../shared/features/schema.ts';
import { visitorClusters, type SlateOf } from './visitor-clusters.ts';

/**
 * Slates that were shown and what they earned, in the layout that learners read.
 * Rows of one slate are adjacent; slates are in time order.
 */
export interface TrainingSet {
  readonly rows: number;
  readonly features: number;
  /** How many of the features are learned crosses (`withCrossColumns`), behind those of the schema; absent: none. */
  readonly crosses?: number;
  /** Feature-major: `codes[feature * rows + row]`. */
  readonly codes: Uint8Array;
  /** Slate s covers rows `starts[s] .. starts[s + 1] − 1`; one entry more than there are slates. */
  readonly starts: Uint32Array;
  /** Reward of each row, 0 where nothing happened. */
  readonly reward: Float64Array;
  /** 1-based slot at which each row was shown. */
  readonly position: Uint16Array;
  /** Probability of each row at its slot given the slots above; absent where it is not known how slates were drawn. */
  readonly propensity?: Float64Array;
  /** Weight of "nothing was rewarded" as one more alternative of each slate; absent: 0. See `withOutsideOption`. */
  readonly outside?: Float32Array;
  /** Epoch ms of each slate. */
  readonly at: Float64Array;
  /** Of each slate, whose it is (`visitorClusters`): intervals cluster by it, and no fold divides it. */
  readonly cluster: Uint32Array;
}

export const slateCount = (set: Pick<TrainingSet, 'starts'>): number => set.starts.length - 1;

/** The rewards of a slate, added up. */
export function earnedIn({ starts, reward }: TrainingSet, slate: number): number {
  let sum = 0;
  for (let row = starts[slate]; row < starts[slate + 1]; row++) sum += reward[row];
  return sum;
}

/** One shown slate with its rewards, as it comes from the log. */
export interface LabelledSlate extends SlateOf {
  readonly at: number;
  /** `Uint8Array(slots × F)`, as logged. */
  readonly codes: Uint8Array;
  /** One per slot. */
  readonly reward: Float64Array;
  /** 1-based position of each in the list; absent: the slots of a first page. */
  readonly positions?: ArrayLike<number>;
  /** Conditional probability of each slot given the slots above. Of a set either all slates have them or none. */
  readonly propensities?: Float64Array;
}

/** Builds a training set slate by slate, so that the slates need not all be in memory at once. */
export interface TrainingSetBuilder {
  /** Slates must come in time order. @throws RangeError when there is no room for its items. */
  add(slate: LabelledSlate): void;
  finish(): TrainingSet;
}

/** @param capacityRows at least as many items as will be added: memory is taken at once. */
export function trainingSetBuilder(features: number, capacityRows: number): TrainingSetBuilder {
  const codes = new Uint8Array(features * capacityRows);
  const reward = new Float64Array(capacityRows);
  const position = new Uint16Array(capacityRows);
  let propensity: Float64Array | undefined;
  const starts: number[] = [];
  const at: number[] = [];
  const clusters = visitorClusters();
  let row = 0;
  return {
    add(slate) {
      const slots = slate.reward.length;
      if (row + slots > capacityRows)
        throw new RangeError(`${row + slots} items do not fit into ${capacityRows} rows`);
      if (row === 0 && slate.propensities) propensity = new Float64Array(capacityRows);
      if (slate.propensities) propensity?.set(slate.propensities, row);
      starts.push(row);
      at.push(slate.at);
      clusters.add(slate);
      for (let slot = 0; slot < slots; slot++, row++) {
        for (let feature = 0; feature < features; feature++) {
          codes[feature * capacityRows + row] = slate.codes[slot * features + feature];
        }
        reward[row] = slate.reward[slot];
        position[row] = slate.positions?.[slot] ?? slot + 1;
      }
    },
    finish() {
      // Columns move up to where they belong when fewer items came than there is room for.
      for (let feature = 1; feature < features; feature++) {
        const from = feature * capacityRows;
        if (row < capacityRows) codes.copyWithin(feature * row, from, from + row);
      }
      return {
        rows: row,
        features,
        codes: codes.subarray(0, features * row),
        starts: Uint32Array.from([...starts, row]),
        reward: reward.subarray(0, row),
        position: position.subarray(0, row),
        ...(propensity && { propensity: propensity.subarray(0, row) }),
        at: Float64Array.from(at),
        cluster: clusters.finish(),
      };
    },
  };
}

/** @param slates in time order, all under `schema`. */
export function packTrainingSet(schema: Schema, slates: readonly LabelledSlate[]): TrainingSet {
  const rows = slates.reduce((sum, slate) => sum + slate.reward.length, 0);
  const builder = trainingSetBuilder(schema.features.length, rows);
  for (const slate of slates) builder.add(slate);
  return builder.finish();
}

/** The slates `from .. to − 1` as a set of their own. */
export function sliceSlates(set: TrainingSet, from: number, to: number): TrainingSet {
  const [first, last] = [set.starts[from], set.starts[to]];
  const rows = last - first;
  const codes = new Uint8Array(set.features * rows);
  for (let feature = 0; feature < set.features; feature++) {
    const column = set.codes.subarray(feature * set.rows + first, feature * set.rows + last);
    codes.set(column, feature * rows);
  }
  return {
    rows,
    features: set.features,
    ...(set.crosses !== undefined && { crosses: set.crosses }),
    codes,
    starts: set.starts.slice(from, to + 1).map((start) => start - first),
    reward: set.reward.slice(first, last),
    position: set.position.slice(first, last),
    ...(set.propensity && { propensity: set.propensity.slice(first, last) }),
    ...(set.outside && { outside: set.outside.slice(from, to) }),
    at: set.at.slice(from, to),
    cluster: set.cluster.slice(from, to),
  };
}

/** The rows of the named slates, slate by slate. */
export function rowsOf(
  { starts }: Pick<TrainingSet, 'starts'>,
  slates: ArrayLike<number>,
): Uint32Array {
  let count = 0;
  for (let i = 0; i < slates.length; i++) count += starts[slates[i] + 1] - starts[slates[i]];
  const rows = new Uint32Array(count);
  for (let i = 0, at = 0; i < slates.length; i++)
    for (let row = starts[slates[i]]; row < starts[slates[i] + 1]; row++) rows[at++] = row;
  return rows;
}

/** The named slates as a set of their own. @param slates ascending, so that time order holds. */
export function takeSlates(set: TrainingSet, slates: ArrayLike<number>): TrainingSet {
  const starts = new Uint32Array(slates.length + 1);
  for (let i = 0; i < slates.length; i++) {
    starts[i + 1] = starts[i] + set.starts[slates[i] + 1] - set.starts[slates[i]];
  }
  const rows = starts[slates.length];
  const from = rowsOf(set, slates);
  const codes = new Uint8Array(set.features * rows);
  for (let feature = 0; feature < set.features; feature++) {
    const [to, source] = [feature * rows, feature * set.rows];
    for (let row = 0; row < rows; row++) codes[to + row] = set.codes[source + from[row]];
  }
  return {
    rows,
    features: set.features,
    ...(set.crosses !== undefined && { crosses: set.crosses }),
    codes,
    starts,
    reward: Float64Array.from(from, (row) => set.reward[row]),
    position: Uint16Array.from(from, (row) => set.position[row]),
    ...(set.propensity && { propensity: Float64Array.from(from, (row) => set.propensity![row]) }),
    ...(set.outside && { outside: Float32Array.from(slates, (slate) => set.outside![slate]) }),
    at: Float64Array.from(slates, (slate) => set.at[slate]),
    cluster: Uint32Array.from(slates, (slate) => set.cluster[slate]),
  };
}

/** Training and validation by time: the latest `share` of the slates is held out. */
export function splitByTime(
  set: TrainingSet,
  share: number,
): [train: TrainingSet, validation: TrainingSet] {
  const cut = Math.round(slateCount(set) * (1 - share));
  return [sliceSlates(set, 0, cut), sliceSlates(set, cut, slateCount(set))];
}

/** This slot and all below it share one bucket. */
const MOST_POSITIONS = 255;

/**
 * The set with the shown slot as one more feature (its last). Training attributes the effect of the slot to it;
 * serving leaves the feature out, which is the same as holding it constant.
 */
export const withPosition = (set: TrainingSet): TrainingSet =>
  withColumn(set, (row) => Math.min(set.position[row], MOST_POSITIONS));

/** The set with one more feature, its last, that only training has. @param code of each row. */
export function withColumn(set: TrainingSet, code: (row: number) => number): TrainingSet {
  const codes = new Uint8Array(set.codes.length + set.rows);
  codes.set(set.codes);
  for (let row = 0; row < set.rows; row++) codes[set.codes.length + row] = code(row);
  return { ...set, codes, features: set.features + 1 };
}
