import { invalid } from '../../../../shared/domain/errors.ts';
import type {
  MeasuredEffect,
  PastExperiment,
} from '../../../science/metric-weighting/unit-table.ts';
import { errorCorrelations, type Reading } from './error-correlations.ts';
import { placesOf, type Table } from '../../../table/open-table.ts';
import { readNumber, type NumberStyle } from '../../../table/read-cell.ts';
import { columnsOfMapping, type ExperimentsMapping } from './mapping.ts';

export interface ExperimentsRead {
  readonly experiments: readonly PastExperiment[];
  /** Rows with an empty number, or without units in an arm. */
  readonly emptyRows: number;
  /** Treatments without an early reading, too short or with too few units. */
  readonly leftOut: number;
  /** Correlations of the metrics' errors, target last; absent where they are taken as uncorrelated. */
  readonly errorCorrelations?: readonly number[];
}

interface Arm {
  readonly count: number;
  readonly mean: number;
  readonly variance: number;
}

/** Both arms of all metrics at one time, the target's metric last. */
interface Moment {
  readonly time: number;
  readonly arms: readonly { readonly control: Arm; readonly treatment: Arm }[];
}

interface Treatment {
  readonly id: string;
  readonly treatment: string;
  readonly moments: readonly Moment[];
}

/**
 * One experiment × variant × metric × time per row. Metrics are read at the last time up to `earlyAt`, the target at the
 * last time of all. @throws ApiError naming column and line of what cannot be read, or a metric that never comes.
 */
export async function readExperiments(
  file: string,
  csv: Table,
  mapping: ExperimentsMapping,
  style: NumberStyle = {},
): Promise<ExperimentsRead> {
  const { treatments, emptyRows } = await readTreatments(file, csv, mapping, style);
  const { metrics, cumulative, earlyAt, minimumDuration, minimumPerArm } = mapping;
  const correlations = cumulative
    ? errorCorrelations(
        treatments.map(({ moments }) => moments.map(readingOf)),
        metrics.length + 1,
      )
    : undefined;
  const experiments = treatments.flatMap(({ id, treatment, moments }): PastExperiment[] => {
    const early = moments.findLast(({ time }) => time <= earlyAt);
    const last = moments.at(-1);
    if (early === undefined || last === undefined || last.time < minimumDuration) return [];
    const counts = early.arms.flatMap(({ control, treatment: own }) => [control.count, own.count]);
    if (Math.min(...counts) < minimumPerArm) return [];
    const effects = metrics.map((_, i) => measuredEffect(early, i));
    const target = measuredEffect(last, metrics.length);
    // A metric that does not vary has no standard deviation to measure effects in.
    if ([...effects, target].some(({ standardError }) => !(standardError > 0))) return [];
    const shared = Math.min(1, Math.sqrt(readingOf(early).size / readingOf(last).size));
    return [
      {
        id,
        treatment,
        effects: Object.fromEntries(metrics.map((one, i) => [one.name ?? one.metric, effects[i]])),
        target,
        ...(correlations && {
          covariance: covarianceOf([...effects, target], correlations, shared),
        }),
      },
    ];
  });
  if (experiments.length === 0)
    throw invalid(
      `${file}: none of ${treatments.length} treatments ran for ${minimumDuration} with a reading of every metric up to ${earlyAt} and ${minimumPerArm} units per arm`,
    );
  return {
    experiments,
    emptyRows,
    leftOut: treatments.length - experiments.length,
    ...(correlations && { errorCorrelations: Array.from(correlations) }),
  };
}

/**
 * The covariance of the early effects and the last effect on the target. The early units are a part k = n₁/n₂ of the last
 * ones, so an early error and a last one correlate by √k times the correlation of the metrics:
 * cov(early mean, last mean) = cov(values) / n₂. A unit's value may grow after its early reading; √k is then an upper bound.
 */
function covarianceOf(
  effects: readonly MeasuredEffect[],
  correlations: Float64Array,
  shared: number,
): number[] {
  const size = effects.length;
  return Array.from({ length: size * size }, (_, at) => {
    const [a, b] = [(at / size) | 0, at % size];
    const isAcross = (a === size - 1) !== (b === size - 1);
    const both = effects[a].standardError * effects[b].standardError;
    return both * correlations[at] * (isAcross ? shared : 1);
  });
}

const readingOf = (moment: Moment): Reading => {
  const { control, treatment } = moment.arms[0];
  return {
    effects: moment.arms.map((_, i) => measuredEffect(moment, i).estimate),
    size: 1 / (1 / control.count + 1 / treatment.count),
  };
};

/** Difference of means over the control's standard deviation. */
function measuredEffect({ arms }: Moment, metric: number): MeasuredEffect {
  const { control, treatment } = arms[metric];
  const deviation = Math.sqrt(control.variance);
  return {
    estimate: (treatment.mean - control.mean) / deviation,
    standardError:
      Math.sqrt(control.variance / control.count + treatment.variance / treatment.count) /
      deviation,
  };
}

async function readTreatments(
  file: string,
  csv: Table,
  mapping: ExperimentsMapping,
  style: NumberStyle,
): Promise<{ treatments: Treatment[]; emptyRows: number }> {
  const { experiment, variant, metric, time, control, treatment, target } = mapping;
  const places = placesOf(file, csv.header, columnsOfMapping(mapping));
  const wanted = [...mapping.metrics.map((one) => one.metric), target.metric];
  /** Experiment and variant → time → metric. */
  const found = new Map<string, Map<number, Map<string, Moment['arms'][number]>>>();
  const seen = new Set<string>();
  let emptyRows = 0;
  for await (const { cells, line } of csv.rows()) {
    const cell = (column: string) => cells[places.get(column)!];
    const number = (column: string) =>
      readNumber(cell(column), `line ${line}, column ${column}`, style);
    const arm = (of: typeof control): Arm => ({
      count: number(of.count),
      mean: number(of.mean),
      variance: number(of.variance),
    });
    const name = cell(metric);
    seen.add(name);
    if (!wanted.includes(name)) continue;
    const at = number(time);
    const arms = { control: arm(control), treatment: arm(treatment) };
    const numbers = [at, ...Object.values(arms.control), ...Object.values(arms.treatment)];
    if (numbers.some(Number.isNaN) || arms.control.count === 0 || arms.treatment.count === 0) {
      emptyRows++;
      continue;
    }
    for (const [of, own] of [
      [control, arms.control],
      [treatment, arms.treatment],
    ] as const)
      if (own.count < 0 || own.variance < 0)
        throw invalid(
          `line ${line}: columns ${of.count} and ${of.variance} must be a count of units and a variance, not ${own.count} and ${own.variance}`,
        );
    const key = JSON.stringify([cell(experiment), variant === undefined ? '' : cell(variant)]);
    const times = found.get(key) ?? new Map<number, Map<string, Moment['arms'][number]>>();
    found.set(key, times);
    const metrics = times.get(at) ?? new Map<string, Moment['arms'][number]>();
    times.set(at, metrics);
    if (metrics.has(name))
      throw invalid(
        `line ${line}: a second row of experiment ${cell(experiment)}, metric ${name} at ${at}: name the column of its variant`,
      );
    metrics.set(name, arms);
  }
  for (const name of wanted)
    if (!seen.has(name))
      throw invalid(
        seen.size === 0
          ? `${file} has no row below its header`
          : `column ${metric} never says "${name}": it says ${[...seen].toSorted().join(', ')}`,
      );
  const treatments = [...found].map(([key, times]): Treatment => {
    const [id, own] = JSON.parse(key) as [string, string];
    const whole = [...times].filter(([, metrics]) => wanted.every((name) => metrics.has(name)));
    return {
      id,
      treatment: own,
      moments: whole
        .map(([at, metrics]) => ({ time: at, arms: wanted.map((name) => metrics.get(name)!) }))
        .toSorted((a, b) => a.time - b.time),
    };
  });
  return { treatments, emptyRows };
}
