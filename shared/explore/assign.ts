import { invalid } from '../domain/errors.ts';
import { murmur3 } from './murmur3.ts';

/**
 * Experiments of one layer never share a unit; experiments of different layers meet as if by chance (Tang et al.,
 * "Overlapping Experiment Infrastructure", KDD 2010).
 */
export interface Layer {
  /** Its own: it says where in the layer a unit lies. */
  readonly salt: string;
  /** One for the whole layer: two experiments that count by different units could share a visitor. */
  readonly unit: 'user' | 'session';
  readonly experiments: readonly AssignedExperiment[];
}

/** What assignment has to know of an experiment. */
export interface AssignedExperiment {
  readonly id: string;
  /** Its own: a range used again gets its arms drawn afresh, so that no effect is carried over as a bias. */
  readonly salt: string;
  readonly status: 'draft' | 'running' | 'stopped';
  /** The units of the layer that it owns: from ≤ place < to, both in [0, 1]. May widen while it runs. */
  readonly range: readonly [from: number, to: number];
  /** Share of the units in the range that take part, in [0, 1]. When it grows, those inside stay in their arms. */
  readonly traffic: number;
  /**
   * In this order; weights are relative: 50 and 50, or 0.9 and 0.1. While the weight of the first of two arms grows, no
   * unit leaves it; any other change moves units between arms, so it belongs to a new salt.
   */
  readonly arms: readonly AssignedArm[];
}

export interface AssignedArm {
  readonly name: string;
  readonly weight: number;
}

export interface Visitor {
  readonly sessionId: string;
  readonly userId?: string;
}

export type Assignment =
  | { readonly experiment: string; readonly arm: string }
  | {
      /** That owns the unit's place; absent where none does. */
      readonly experiment?: string;
      readonly why: 'no user id' | 'not in layer range' | 'not running' | 'not in traffic';
    };

/**
 * The arm of a visitor in a layer: a pure function of salts and id, so that edge and backend agree, today and later.
 * Layer, traffic and arm are drawn apart: none tells anything of another.
 */
export function assign(layer: Layer, visitor: Visitor): Assignment {
  const unit = layer.unit === 'user' ? visitor.userId : visitor.sessionId;
  if (unit === undefined) return { why: 'no user id' };
  const at = placeOf(layer.salt, 'layer', unit);
  const owners = layer.experiments.filter(({ range: [from, to] }) => from <= at && at < to);
  // What is over may still stand in the list, on a range that has been given on.
  const owner = owners.find(({ status }) => status === 'running') ?? owners[0];
  if (owner === undefined) return { why: 'not in layer range' };
  const experiment = owner.id;
  if (owner.status !== 'running') return { experiment, why: 'not running' };
  if (placeOf(owner.salt, 'traffic', unit) >= owner.traffic)
    return { experiment, why: 'not in traffic' };
  return { experiment, arm: armAt(owner.arms, placeOf(owner.salt, 'arm', unit)) };
}

/**
 * Where a salt puts a unit: a multiple of 2⁻³² in [0, 1). Ids hold no control characters and the purposes are these
 * three, so no two (salt, purpose, unit) make one text.
 */
export const placeOf = (salt: string, purpose: 'layer' | 'traffic' | 'arm', unit: string): number =>
  murmur3(`${salt}\0${purpose}\0${unit}`) / 0x1_0000_0000;

/** The arm that a place falls on when the arms are laid end to end, each as long as its weight. */
function armAt(arms: readonly AssignedArm[], place: number): string {
  const total = arms.reduce((sum, { weight }) => sum + weight, 0);
  let end = 0;
  for (const { name, weight } of arms) {
    end += weight;
    if (place * total < end) return name;
  }
  // Unreachable with weights that checkLayer lets pass: `end` is now `total`, and place < 1.
  throw invalid(`no arm at ${place}: the arms' weights must be at least 0 and one above it`);
}

/** @throws ApiError 400 that names the first thing by which the layer could not assign as it says. */
export function checkLayer({ salt, experiments }: Layer): void {
  const ids = new Set<string>();
  const salts = new Set([salt]);
  for (const experiment of experiments) {
    if (ids.has(experiment.id))
      throw invalid(`experiment ${experiment.id} stands twice in a layer`);
    if (salts.has(experiment.salt))
      throw invalid(
        `experiment ${experiment.id} needs a salt of its own: ${experiment.salt} is used`,
      );
    ids.add(experiment.id);
    salts.add(experiment.salt);
    checkExperiment(experiment);
  }
  const claims = experiments
    .filter(({ status }) => status !== 'stopped')
    .toSorted((a, b) => a.range[0] - b.range[0]);
  claims.slice(1).forEach(({ id, range }, i) => {
    const { id: before, range: taken } = claims[i];
    if (range[0] < taken[1])
      throw invalid(
        `experiments ${before} and ${id} overlap in their layer (${taken.join('–')} and ${range.join('–')}): stop one, or give them disjoint ranges`,
      );
  });
}

function checkExperiment({ id, range: [from, to], traffic, arms }: AssignedExperiment): void {
  if (!(from >= 0 && from < to && to <= 1))
    throw invalid(`experiment ${id}: range must be 0 ≤ from < to ≤ 1, but was ${from}–${to}`);
  if (!(traffic >= 0 && traffic <= 1))
    throw invalid(`experiment ${id}: traffic must be a share from 0 to 1, but was ${traffic}`);
  if (new Set(arms.map(({ name }) => name)).size !== arms.length)
    throw invalid(`experiment ${id}: each arm needs a name of its own`);
  for (const { name, weight } of arms)
    if (!(weight >= 0 && weight < Infinity))
      throw invalid(
        `experiment ${id}: the weight of arm ${name} must be at least 0, but was ${weight}`,
      );
  if (!arms.some(({ weight }) => weight > 0))
    throw invalid(`experiment ${id}: at least one arm needs a weight above 0`);
  // Beyond these, place × total rounds up to the total itself, and no arm is there.
  const total = arms.reduce((sum, { weight }) => sum + weight, 0);
  if (!(total >= 1e-9 && total <= 1e9))
    throw invalid(
      `experiment ${id}: the arms' weights must come to between 1e-9 and 1e9, but came to ${total}`,
    );
}
