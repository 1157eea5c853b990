import { invalid } from './errors.ts';

/**
 * A layer of experiments. Experiments of one layer never share a unit; assignments in different layers are
 * independent of each other (D. Tang et al., "Overlapping Experiment Infrastructure", KDD 2010).
 */
export interface Layer {
  /** Unique to the layer; each unit's hash in [0, 1) is computed with it. */
  readonly salt: string;
  /** What is assigned. One for the whole layer: experiments with different units could share a visitor. */
  readonly unit: 'user' | 'session';
  readonly experiments: readonly AssignedExperiment[];
}

/** The part of an experiment that assignment needs. */
export interface AssignedExperiment {
  readonly id: string;
  /**
   * Unique to the experiment: when a range is used again, arms
   * are assigned independently, so no earlier effect carries over.
   */
  readonly salt: string;
  readonly status: 'draft' | 'running' | 'stopped';
  /**
   * The units that the experiment may use: those with from ≤ hash < to, both in [0, 1]. May be widened while it runs.
   */
  readonly range: readonly [from: number, to: number];
  /**
   * Share of the units in the range that take part, in [0, 1]. When it grows, units that take part keep their arms.
   */
  readonly traffic: number;
  /**
   * The order matters; weights are relative (50 and 50, or 0.9 and 0.1). With two arms the weight of the first may
   * grow without any unit leaving it. Any other change moves units between arms and therefore needs a new salt.
   */
  readonly arms: readonly AssignedArm[];
}

export interface AssignedArm {
  readonly name: string;
  /** Relative to the weights of the other arms; 0 = nobody. */
  readonly weight: number;
}

/** @throws ApiError 400 naming the first reason why units could not be assigned as the layer says. */
export function checkLayer({ salt, experiments }: Layer): void {
  const ids = new Set<string>();
  const salts = new Set([salt]);
  for (const experiment of experiments) {
    if (ids.has(experiment.id))
      throw invalid(`experiment ${experiment.id} is listed twice in a layer`);
    if (salts.has(experiment.salt))
      throw invalid(
        `experiment ${experiment.id} needs a salt of its own: ${experiment.salt} is used`,
      );
    ids.add(experiment.id);
    salts.add(experiment.salt);
    checkExperiment(experiment);
  }
  const ranges = experiments
    .filter(({ status }) => status !== 'stopped')
    .toSorted((a, b) => a.range[0] - b.range[0]);
  ranges.slice(1).forEach(({ id, range }, i) => {
    const { id: before, range: taken } = ranges[i];
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
  // Outside these bounds hash × total can round to the total itself, where no arm lies.
  const total = arms.reduce((sum, { weight }) => sum + weight, 0);
  if (!(total >= 1e-9 && total <= 1e9))
    throw invalid(
      `experiment ${id}: the arms' weights must come to between 1e-9 and 1e9, but came to ${total}`,
    );
}
