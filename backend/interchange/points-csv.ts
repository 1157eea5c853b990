import { invalid } from '../../shared/domain/errors.ts';
import { bucketCount, bucketLabel } from '../../shared/features/schema.ts';
import { DEVIATIONS_PER_POINT, posteriorOf, unlearned } from '../../shared/score/posterior.ts';
import {
  additiveFromPoints,
  crossPointsOf,
  pointsOf,
  STRIDE,
  type AdditiveScorer,
  type CrossPoints,
  type Scorer,
  type UnversionedScorer,
} from '../../shared/score/scorer.ts';
import { csvLine } from '../table/csv-text.ts';
import { openTable } from '../table/open-table.ts';
import { readNumber } from '../table/read-cell.ts';

/** A row for each weight: of a feature's bucket, or with `with` of a pair of buckets of a learned cross. */
const HEADER = ['feature', 'bucket', 'with', 'with_bucket', 'points', 'deviation', 'meaning'];

/** @throws ApiError 400 for a version that is more than points. */
export function writePoints(scorer: Scorer): string {
  if (scorer.kind !== 'additive')
    throw invalid(
      `${scorer.version} re-ranks by ${scorer.kind === 'forest' ? 'trees: write it as lightgbm' : 'a network'}: a CSV holds points alone`,
    );
  const { schema, posterior, crosses = [] } = scorer;
  const points = pointsOf(scorer);
  const deviation = (row: number, bucket: number) =>
    posterior === undefined ? '' : posterior[row * STRIDE + bucket] / DEVIATIONS_PER_POINT;
  const lines = [csvLine(HEADER)];
  schema.features.forEach((spec, feature) => {
    points[spec.name].forEach((value, bucket) => {
      const meaning = bucketLabel(schema, spec, bucket);
      lines.push(csvLine([spec.name, bucket, '', '', value, deviation(feature, bucket), meaning]));
    });
  });
  crossPointsOf(scorer).forEach(({ features: [a, b], points: cells }, k) => {
    const columns = bucketCount(schema.features[crosses[k][1]]);
    cells.forEach((row, x) => {
      row.forEach((value, y) => {
        const own = deviation(schema.features.length + k, x * columns + y);
        lines.push(csvLine([a, x, b, y, value, own, '']));
      });
    });
  });
  return lines.join('');
}

/**
 * Points from a CSV. What it leaves out is 0; without deviations the weights count as ones of which nothing was learned.
 * @param parent whose schema and exploration they have.
 * @throws ApiError 400 naming the line.
 */
export async function readPoints(
  file: string,
  parent: Scorer,
  name: string,
): Promise<UnversionedScorer<AdditiveScorer>> {
  const { schema, exploration, version } = parent;
  const table = await openTable(file);
  const column = (wanted: string) => table.header.indexOf(wanted);
  for (const needed of ['feature', 'bucket', 'points'])
    if (column(needed) < 0)
      throw invalid(
        `${file}: points need the columns feature, bucket and points; there is no "${needed}"`,
      );
  const points: Record<string, number[]> = {};
  const crosses = new Map<string, CrossPoints & { points: number[][] }>();
  const deviations = new Map<string, number>();
  for await (const { cells, line } of table.rows()) {
    const where = `${file}, line ${line}`;
    const cell = (wanted: string) => cells[column(wanted)] ?? '';
    const featureOf = (text: string) => {
      // An apostrophe keeps a name from being a formula.
      const found = schema.features.find((spec) => spec.name === text || `'${spec.name}` === text);
      if (found === undefined)
        throw invalid(`${where}: schema ${schema.name} has no feature "${text}"`);
      return found;
    };
    const bucketOf = (wanted: string, spec: (typeof schema.features)[number]) => {
      const bucket = readNumber(cell(wanted), where);
      if (!Number.isInteger(bucket) || bucket < 0 || bucket >= bucketCount(spec))
        throw invalid(
          `${where}: ${spec.name} has the buckets 0 (missing) to ${bucketCount(spec) - 1}, not ${cell(wanted)}`,
        );
      return bucket;
    };
    const value = readNumber(cell('points'), where);
    if (!Number.isFinite(value)) throw invalid(`${where}: points must be a number`);
    const spec = featureOf(cell('feature'));
    const bucket = bucketOf('bucket', spec);
    const other = cell('with') === '' ? undefined : featureOf(cell('with'));
    const pair = other && crossOf(crosses, spec.name, other.name);
    const row = pair === undefined ? (points[spec.name] ??= []) : (pair.points[bucket] ??= []);
    const at = other === undefined ? bucket : bucketOf('with_bucket', other);
    if (row[at] !== undefined) throw invalid(`${where}: this bucket is there twice`);
    row[at] = value;
    const deviation = readNumber(cell('deviation'), where);
    if (deviation < 0) throw invalid(`${where}: a deviation must be 0 or more`);
    if (!Number.isNaN(deviation))
      deviations.set(
        keyOf(spec.name, bucket, other && { name: other.name, bucket: at }),
        deviation,
      );
  }
  const dense = (row: readonly (number | undefined)[] | undefined) =>
    Array.from(row ?? [], (one) => one ?? 0);
  const pairs = [...crosses.values()].map((one) => ({
    ...one,
    points: Array.from(one.points, dense),
  }));
  for (const [feature, row] of Object.entries(points)) points[feature] = dense(row);
  const { version: _, ...scorer } = additiveFromPoints(schema, points, {
    version,
    parent: version,
    name,
    exploration,
    crosses: pairs,
  });
  const own = unlearned(schema, exploration, scorer.crosses);
  if (deviations.size === 0) return { ...scorer, posterior: own };
  const { features } = schema;
  const posterior = posteriorOf(
    schema,
    (feature, bucket) => {
      const cross = scorer.crosses?.[feature - features.length];
      const columns = cross && bucketCount(features[cross[1]]);
      const key =
        cross === undefined || columns === undefined
          ? keyOf(features[feature].name, bucket)
          : keyOf(features[cross[0]].name, Math.floor(bucket / columns), {
              name: features[cross[1]].name,
              bucket: bucket % columns,
            });
      return deviations.get(key) ?? own[feature * STRIDE + bucket] / DEVIATIONS_PER_POINT;
    },
    scorer.crosses,
  );
  return { ...scorer, posterior };
}

function crossOf(crosses: Map<string, CrossPoints & { points: number[][] }>, a: string, b: string) {
  const key = JSON.stringify([a, b]);
  const found = crosses.get(key) ?? { features: [a, b] as const, points: [] };
  crosses.set(key, found);
  return found;
}

const keyOf = (name: string, bucket: number, other?: { name: string; bucket: number }): string =>
  JSON.stringify([name, bucket, other?.name, other?.bucket]);
