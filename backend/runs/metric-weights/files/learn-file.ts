import { basename } from 'node:path';
import { invalid } from '../../../../shared/domain/errors.ts';
import { cpuDevice } from '../../../device/cpu/cpu-device.ts';
import type { Device } from '../../../science/learn/device/device.ts';
import { count } from '../../../../shared/text/text.ts';
import { armEffects, type ArmAnswer } from '../../../science/metric-weighting/arm-effects.ts';
import {
  backtest,
  type BacktestReport,
  type BacktestUnavailable,
} from '../../../science/metric-weighting/backtest.ts';
import type { UnitModelKind } from '../../../science/metric-weighting/fit-unit-trees.ts';
import type { LearnedWeights } from '../../../science/metric-weighting/learned-weights.ts';
import { learnImportance } from '../../../science/metric-weighting/learn-importance.ts';
import { learnSurrogate } from '../../../science/metric-weighting/learn-surrogate.ts';
import {
  DEFAULT_PRODUCTS,
  withProducts,
  type Product,
} from '../../../science/metric-weighting/products.ts';
import type { Better } from '../../../science/metric-weighting/prior.ts';
import type { ImportanceKind } from '../../../science/metric-weighting/importance-kind.ts';
import { openTable, type TableOptions } from '../../../table/open-table.ts';
import type { NumberStyle } from '../../../table/read-cell.ts';
import { builtInMapping, readMapping } from './choose-mapping.ts';
import type { ExperimentsMapping, FileMapping, UnitsMapping } from './mapping.ts';
import { readExperiments, type ExperimentsRead } from './read-experiments.ts';
import { readUnits } from './read-units.ts';

export interface LearnFileOptions {
  readonly method: LearnedWeights['method'];
  readonly seed: number;
  /** Path of a mapping file; absent: the built-in one whose columns the file has. */
  readonly mapping?: string;
  readonly by?: ImportanceKind;
  readonly model?: UnitModelKind;
  /** Default: the CPU. */
  readonly device?: Device;
  readonly reading?: ReadingOptions;
}

/** How the file is written, where it cannot be told from it. */
export interface ReadingOptions extends TableOptions, NumberStyle {}

export interface FileSource {
  readonly file: string;
  readonly mapping: string;
  readonly rows: string;
  /** Notes on how the figures were computed. */
  readonly notes: readonly string[];
}

export interface LearnedFromFile {
  readonly source: FileSource;
  readonly learned: LearnedWeights;
  /** Treatment arms against the control, by surrogate weights only, as importance has no sign. */
  readonly arms: readonly ArmAnswer[];
}

export interface FileBacktest {
  readonly source: FileSource;
  readonly report: BacktestReport | BacktestUnavailable;
}

/** @throws ApiError naming what is wrong with file or mapping, and where. */
export async function learnFile(file: string, options: LearnFileOptions): Promise<LearnedFromFile> {
  const { reading = {} } = options;
  const { csv, name, mapping } = await opened(file, options.mapping, reading);
  const source = { file: basename(file), mapping: name };
  const declared = declaredOf(mapping);
  if (mapping.kind === 'experiments') {
    if (options.method === 'importance')
      throw invalid(
        `importance needs one row per unit, and ${file} has one per experiment: ask for --method surrogate`,
      );
    const read = await readExperiments(file, csv, mapping, reading);
    const learned = await learnSurrogate(undefined, read.experiments, {
      seed: options.seed,
      ...declared,
      target: targetOf(mapping),
    });
    return { source: { ...source, ...about(read, mapping) }, learned, arms: [] };
  }
  const { table, filtered, repeated } = await readUnits(file, csv, mapping, reading);
  const products = productsOf(mapping);
  const learned =
    options.method === 'importance'
      ? await learnImportance(table, {
          ...options,
          device: options.device ?? cpuDevice(),
          crosses: [...mapping.crosses, ...products],
        })
      : await learnSurrogate(withProducts(table, products), [], {
          seed: options.seed,
          ...declared,
        });
  return {
    source: {
      ...source,
      rows: `${count(table.units)} units`,
      notes: [...unitNotes(mapping, filtered), ...repeatedNotes(mapping, repeated, table.units)],
    },
    learned,
    arms: learned.method === 'surrogate' ? armEffects(withProducts(table, products), learned) : [],
  };
}

/** The products that the mapping declares; else those by default of which the file has both metrics. */
function productsOf({ metrics, products }: UnitsMapping): readonly Product[] {
  const names = new Set(metrics.map(({ column, name = column }) => name));
  return (
    products ?? DEFAULT_PRODUCTS.filter((product) => product.every((metric) => names.has(metric)))
  );
}

/** @throws ApiError also where the file has no past experiments. */
export async function backtestFile(
  file: string,
  given?: string,
  reading: ReadingOptions = {},
): Promise<FileBacktest> {
  const { csv, name, mapping } = await opened(file, given, reading);
  if (mapping.kind !== 'experiments')
    throw invalid(
      `a backtest needs past experiments, one row per experiment and metric, and ${file} has one row per unit`,
    );
  const read = await readExperiments(file, csv, mapping, reading);
  return {
    source: { file: basename(file), mapping: name, ...about(read, mapping) },
    report: backtest(read.experiments, declaredOf(mapping)),
  };
}

async function opened(file: string, given: string | undefined, reading: ReadingOptions) {
  const csv = await openTable(file, reading);
  if (given === undefined) return { csv, ...builtInMapping(csv.header) };
  return { csv, name: basename(given), mapping: readMapping(given) };
}

/** The good direction of each metric, and the prior where the mapping declares one. */
function declaredOf(mapping: FileMapping): {
  better: Record<string, Better>;
  prior?: Record<string, number>;
} {
  const metrics =
    mapping.kind === 'units'
      ? mapping.metrics.map((one) => ({ ...one, name: one.name ?? one.column }))
      : mapping.metrics.map((one) => ({ ...one, name: one.name ?? one.metric }));
  const prior = metrics.filter((one) => one.prior !== undefined);
  return {
    better: Object.fromEntries(metrics.map((one) => [one.name, one.better])),
    ...(prior.length > 0 && {
      prior: Object.fromEntries(prior.map((one) => [one.name, one.prior!])),
    }),
  };
}

const targetOf = ({ target }: ExperimentsMapping): string =>
  target.name ?? `${target.metric} at the end`;

function about(read: ExperimentsRead, mapping: ExperimentsMapping) {
  const { experiments, emptyRows, leftOut, errorCorrelations } = read;
  const { earlyAt, minimumDuration, minimumPerArm, cumulative } = mapping;
  const ids = new Set(experiments.map(({ id }) => id)).size;
  return {
    rows: `${experiments.length} treatments of ${ids} experiments`,
    notes: [
      `metrics are read at the last moment up to ${earlyAt}, the target at the last of all`,
      ...(leftOut > 0
        ? [
            `${leftOut} treatments are left out: shorter than ${minimumDuration}, without a reading up to ${earlyAt}, or with fewer than ${count(minimumPerArm)} units in an arm`,
          ]
        : []),
      ...(emptyRows > 0
        ? [`${emptyRows} rows are left out: a number is empty or an arm has no units`]
        : []),
      errorNote(cumulative, errorCorrelations !== undefined),
    ],
  };
}

function errorNote(cumulative: boolean, areKnown: boolean): string {
  if (!cumulative)
    return 'errors of different metrics and moments are taken as unrelated: the file cannot tell';
  if (!areKnown)
    return 'errors of different metrics are taken as unrelated, and those of early and late effects too: there are too few readings to tell';
  return 'errors that early and late effects share are taken out; how errors of different metrics correlate is estimated from how effects move over time, since the file does not say';
}

/** Rows of few columns repeat by chance; where most rows do, they are rather one unit's row several times. */
const repeatedNotes = ({ unit }: UnitsMapping, repeated: number, rows: number): string[] =>
  unit === undefined && repeated > rows / 2
    ? [
        `${count(repeated)} of ${count(rows)} rows equal an earlier row in every cell: if those are the same units again, the intervals are too narrow; name the column of their id as "unit", and a second row of a unit is refused`,
      ]
    : [];

const unitNotes = ({ leftOut, arm }: UnitsMapping, filtered: number): string[] => [
  ...Object.entries(leftOut).map(([column, why]) => `${column} is left out: ${why}`),
  ...(filtered > 0 ? [`${count(filtered)} rows are left out by the mapping's filters`] : []),
  ...(arm === undefined ? [] : ['weights are learned within arms, not from their differences']),
];
