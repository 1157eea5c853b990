import type { Schema } from '../../shared/features/schema.ts';

/**
 * Slates that were shown and what they earned, as the learners want it.
 * Rows of one slate are adjacent; slates are in time order.
 */
export interface TrainingSet {
  readonly rows: number;
  readonly features: number;
  /** Feature-major: `codes[feature * rows + row]`. */
  readonly codes: Uint8Array;
  /** Slate s covers rows `starts[s] .. starts[s + 1] − 1`; one entry more than there are slates. */
  readonly starts: Uint32Array;
  /** Reward of each row, 0 where nothing happened. */
  readonly reward: Float64Array;
  /** 1-based slot at which each row was shown. */
  readonly position: Uint16Array;
  /** Epoch ms of each slate. */
  readonly at: Float64Array;
  /** Session number of each slate, for clustered intervals. */
  readonly session: Uint32Array;
}

export const slateCount = (set: TrainingSet): number => set.starts.length - 1;

/** One shown slate with its rewards, as it comes from the log. */
export interface LabelledSlate {
  readonly at: number;
  readonly sessionId: string;
  /** `Uint8Array(slots × F)`, as logged. */
  readonly codes: Uint8Array;
  /** One per slot. */
  readonly reward: Float64Array;
}

/** @param slates in time order, all under `schema`. */
export function packTrainingSet(schema: Schema, slates: readonly LabelledSlate[]): TrainingSet {
  const features = schema.features.length;
  const rows = slates.reduce((sum, slate) => sum + slate.reward.length, 0);
  const codes = new Uint8Array(features * rows);
  const starts = new Uint32Array(slates.length + 1);
  const reward = new Float64Array(rows);
  const position = new Uint16Array(rows);
  const sessions = new Map<string, number>();
  let row = 0;
  slates.forEach((slate, s) => {
    starts[s] = row;
    for (let slot = 0; slot < slate.reward.length; slot++, row++) {
      for (let feature = 0; feature < features; feature++) {
        codes[feature * rows + row] = slate.codes[slot * features + feature]!;
      }
      reward[row] = slate.reward[slot]!;
      position[row] = slot + 1;
    }
    if (!sessions.has(slate.sessionId)) sessions.set(slate.sessionId, sessions.size);
  });
  starts[slates.length] = row;
  return {
    rows,
    features,
    codes,
    starts,
    reward,
    position,
    at: Float64Array.from(slates, (slate) => slate.at),
    session: Uint32Array.from(slates, (slate) => sessions.get(slate.sessionId)!),
  };
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
    codes,
    starts: set.starts.slice(from, to + 1).map((start) => start - first),
    reward: set.reward.slice(first, last),
    position: set.position.slice(first, last),
    at: set.at.slice(from, to),
    session: set.session.slice(from, to),
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

/** Slots beyond this share one bucket. */
const MOST_POSITIONS = 255;

/**
 * The set with the shown slot as one more feature (its last): training explains away the pull of the slot,
 * serving leaves the feature out, which is the same as holding it constant.
 */
export function withPosition(set: TrainingSet): TrainingSet {
  const codes = new Uint8Array(set.codes.length + set.rows);
  codes.set(set.codes);
  for (let row = 0; row < set.rows; row++) {
    codes[set.codes.length + row] = Math.min(set.position[row], MOST_POSITIONS);
  }
  return { ...set, codes, features: set.features + 1 };
}
