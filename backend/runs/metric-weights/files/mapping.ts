import { z } from 'zod';
import { invalid } from '../../../../shared/domain/errors.ts';

const column = z.string().min(1);
const parse = z.enum(['number', 'boolean']);
const better = z.enum(['higher', 'lower']);
const winsorShare = z.number().gt(0).max(1);
/** Why a column of the file is not used, for readers of the mapping. */
const leftOut = z.record(z.string(), z.string());

const filter = z
  .strictObject({
    column,
    in: z.array(z.string()).min(1).optional(),
    notIn: z.array(z.string()).min(1).optional(),
    atLeast: z.number().optional(),
    atMost: z.number().optional(),
  })
  .refine((one) => Object.keys(one).length > 1, {
    message: 'must say in, notIn, atLeast or atMost',
  });

const units = z.strictObject({
  kind: z.literal('units'),
  metrics: z
    .array(
      z.strictObject({
        column,
        name: z.string().min(1).optional(),
        parse: parse.default('number'),
        better: better.default('higher'),
        winsorShare: winsorShare.optional(),
        prior: z.number().optional(),
      }),
    )
    .min(1),
  context: z
    .array(z.strictObject({ column, parse: z.enum(['number', 'boolean', 'category']) }))
    .default([]),
  target: z.strictObject({
    column,
    name: z.string().min(1).optional(),
    parse: parse.default('number'),
    winsorShare: winsorShare.optional(),
    horizonDays: z.number().positive().optional(),
    observedUntil: column.optional(),
  }),
  arm: z.strictObject({ column, control: z.string() }).optional(),
  unit: column.optional(),
  time: z
    .union([
      z.strictObject({ column, parse: z.enum(['iso', 'epoch ms', 'epoch s']) }),
      z.strictObject({ year: column, month: column, day: column }),
    ])
    .optional(),
  crosses: z.array(z.tuple([column, column])).default([]),
  products: z.array(z.tuple([column, column])).optional(),
  filters: z.array(filter).default([]),
  leftOut: leftOut.default({}),
});

const side = z.strictObject({ count: column, mean: column, variance: column });

const experiments = z.strictObject({
  kind: z.literal('experiments'),
  experiment: column,
  variant: column.optional(),
  metric: column,
  time: column,
  control: side,
  treatment: side,
  metrics: z
    .array(
      z.strictObject({
        metric: z.string(),
        name: z.string().min(1).optional(),
        better: better.default('higher'),
        prior: z.number().optional(),
      }),
    )
    .min(1),
  target: z.strictObject({ metric: z.string(), name: z.string().min(1).optional() }),
  earlyAt: z.number().positive(),
  minimumDuration: z.number().positive(),
  minimumPerArm: z.number().int().min(2).default(1000),
  cumulative: z.boolean(),
});

const mapping = z.discriminatedUnion('kind', [units, experiments]);

/** Which columns of a file are what: MAPPING.md documents every field. */
export type FileMapping = z.infer<typeof mapping>;
export type UnitsMapping = z.infer<typeof units>;
export type ExperimentsMapping = z.infer<typeof experiments>;

/** @throws ApiError naming every field that is wrong. */
export function parseMapping(input: unknown, file: string): FileMapping {
  const parsed = mapping.safeParse(input);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(
      ({ path, message }) => `${path.join('.') || 'kind'}: ${message}`,
    );
    throw invalid(`mapping ${file}: ${problems.join('; ')} (see MAPPING.md)`);
  }
  const problem =
    parsed.data.kind === 'units' ? unitsProblem(parsed.data) : experimentsProblem(parsed.data);
  if (problem !== undefined) throw invalid(`mapping ${file}: ${problem}`);
  return parsed.data;
}

function unitsProblem(given: UnitsMapping): string | undefined {
  const { metrics, context, target, time, crosses, products = [] } = given;
  const names = [
    ...metrics.map((one) => one.name ?? one.column),
    ...context.map((one) => one.column),
  ];
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) return `${twice} is named twice among metrics and context`;
  if (metrics.some((one) => one.column === target.column))
    return `${target.column} is the target and a metric: it would predict itself`;
  if ((target.horizonDays === undefined) !== (target.observedUntil === undefined))
    return 'target.horizonDays and target.observedUntil go together';
  if (target.horizonDays !== undefined && time === undefined)
    return 'target.horizonDays counts from time: say which column that is';
  const measured = new Set(metrics.map((one) => one.name ?? one.column));
  const unmeasured = products.flat().find((name) => !measured.has(name));
  if (unmeasured !== undefined) return `products: ${unmeasured} is no metric`;
  const unknown = crosses.flat().find((name) => !names.includes(name));
  return unknown === undefined ? undefined : `crosses: ${unknown} is neither a metric nor context`;
}

function experimentsProblem(given: ExperimentsMapping): string | undefined {
  const names = given.metrics.map((one) => one.name ?? one.metric);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) return `metric ${twice} is named twice`;
  if (given.minimumDuration <= given.earlyAt)
    return `minimumDuration ${given.minimumDuration} must be longer than earlyAt ${given.earlyAt}: else the target is no later than the metrics`;
  return undefined;
}

/** One column, or those of year, month and day. */
export const timeColumnsOf = (time: NonNullable<UnitsMapping['time']>): string[] =>
  'column' in time ? [time.column] : [time.year, time.month, time.day];

/** Every column that a mapping reads. */
export function columnsOfMapping(given: FileMapping): string[] {
  if (given.kind === 'experiments') {
    const { experiment, variant, metric, time, control, treatment } = given;
    const sides = [control, treatment].flatMap((one) => [one.count, one.mean, one.variance]);
    return [experiment, ...(variant === undefined ? [] : [variant]), metric, time, ...sides];
  }
  const { metrics, context, target, arm, unit, time, filters } = given;
  const times = time === undefined ? [] : timeColumnsOf(time);
  const optional = [target.observedUntil, arm?.column, unit, ...times];
  return [
    ...[...metrics, ...context, ...filters].map((one) => one.column),
    target.column,
    ...optional.filter((name) => name !== undefined),
  ];
}
