import { sql } from 'drizzle-orm';
import type { LibSQLDatabase } from 'drizzle-orm/libsql';
import type { MetricDefinition } from '../../../shared/domain/metric.ts';
import { winsorCap } from '../../science/statistics/statistics.ts';
import { amountOf } from '../../science/learn/tallies.ts';
import { DAY_MS } from '../../../shared/domain/utc-day.ts';
import { targetName, targetValue } from '../../science/metric-weighting/target.ts';
import type { TargetDefinition } from '../../science/metric-weighting/target-definition.ts';
import type { Column, NumberColumn, UnitTable } from '../../science/metric-weighting/unit-table.ts';
import type { MetricWeightSettings } from '../../reward/settings.ts';
import { versionOfNow } from '../../log/account/counted.ts';
import { UNIT_METRICS } from '../../log/account/unit-metrics.ts';

/** How many cells of the heat map, and how many features, get a column: those that the most units have. */
const MOST_CELLS = 30;
const MOST_FEATURES = 30;
const PAGE = 5000;

interface Unit {
  readonly unit: string;
  readonly firstAt: number;
  readonly values: Readonly<Record<string, number>>;
  readonly context: Readonly<Record<string, string>>;
  readonly target: number;
}

/**
 * The units whose horizon is over, as columns. Other units have no label yet and are left out; so are bots, and units that
 * were counted by another version of the account.
 */
export async function unitTableOf(
  db: LibSQLDatabase,
  settings: Pick<MetricWeightSettings, 'unit' | 'context'> & { readonly target: TargetDefinition },
  nowMs: number,
): Promise<UnitTable> {
  const units: Unit[] = [];
  for await (const unit of labelledUnits(db, settings, nowMs)) units.push(unit);
  const hour: Column = numberColumn(
    'hour',
    units.map(({ context }) => Number(context.hour)),
  );
  const categories = settings.context.map((name): Column => ({
    kind: 'category',
    name,
    values: units.map(({ context }) => context[name] ?? ''),
  }));
  return {
    units: units.length,
    metrics: [
      ...UNIT_METRICS.map((metric) => metricColumn(metric, units)),
      ...cellColumns(units),
      ...columnsUnder('feature.', units, MOST_FEATURES).map((name) =>
        numberColumn(
          name,
          units.map(({ values }) => values[name] ?? 0),
        ),
      ),
    ],
    context: [hour, ...categories],
    target: numberColumn(
      targetName(settings.target),
      units.map(({ target }) => target),
    ),
    at: Float64Array.from(units, ({ firstAt }) => firstAt),
  };
}

/** Oldest first, in pages by key so that each read is short. */
async function* labelledUnits(
  db: LibSQLDatabase,
  { unit: kind, target }: { unit: string; target: TargetDefinition },
  nowMs: number,
): AsyncGenerator<Unit> {
  let after = { firstAt: -1, unit: '' };
  for (;;) {
    const page = await db.all<Record<'unit' | 'values' | 'context' | 'outcomes', string> & Unit>(
      sql`select unit, firstAt, "values", context, outcomes from metric_units
        where kind = ${kind} and firstAt <= ${nowMs - target.horizonDays * DAY_MS}
          and "values" ->> 'refused' is null and account = ${versionOfNow}
          and unit not in (select subject from training_exclusions where kind = ${kind} and liftedAt is null)
          and coalesce(userId, '') not in (select subject from training_exclusions where kind = 'user' and liftedAt is null)
          and (firstAt, unit) > (${after.firstAt}, ${after.unit})
        order by firstAt, unit limit ${PAGE}`,
    );
    for (const { unit, firstAt, values, context, outcomes } of page) {
      const dated = Object.entries(JSON.parse(outcomes) as Record<string, number>).map(
        ([key, value]) => {
          const at = key.lastIndexOf('@');
          return { name: key.slice(0, at), value, at: Number(key.slice(at + 1)) };
        },
      );
      yield {
        unit,
        firstAt,
        values: JSON.parse(values) as Unit['values'],
        context: JSON.parse(context) as Unit['context'],
        target: targetValue(target, dated, firstAt, nowMs),
      };
    }
    if (page.length < PAGE) return;
    after = page.at(-1)!;
  }
}

function metricColumn(metric: MetricDefinition, units: readonly Unit[]): NumberColumn {
  const { name, kind, numerator, better, winsorShare } = metric;
  const amounts = units.map(({ values }) => amountOf(values, numerator));
  const cap =
    winsorShare === undefined ? Infinity : winsorCap(amounts, winsorShare, { ignoreZeros: true });
  return numberColumn(
    name,
    amounts.map((amount) => (kind === 'proportion' ? Number(amount > 0) : Math.min(amount, cap))),
    better,
  );
}

/** Each cell's share of a unit's pointer activity; 0 for units without any. */
function cellColumns(units: readonly Unit[]): NumberColumn[] {
  const totals = units.map(({ values }) =>
    Object.entries(values).reduce(
      (sum, [name, amount]) => sum + (name.startsWith('cell.') ? amount : 0),
      0,
    ),
  );
  return columnsUnder('cell.', units, MOST_CELLS).map((name) =>
    numberColumn(
      name,
      units.map(({ values }, i) => (totals[i] === 0 ? 0 : (values[name] ?? 0) / totals[i])),
    ),
  );
}

/** Names that start with a prefix; those that the most units have come first. */
function columnsUnder(prefix: string, units: readonly Unit[], most: number): string[] {
  const counts = new Map<string, number>();
  for (const { values } of units)
    for (const name in values)
      if (name.startsWith(prefix)) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts]
    .toSorted(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))
    .slice(0, most)
    .map(([name]) => name);
}

const numberColumn = (
  name: string,
  values: readonly number[],
  better?: 'higher' | 'lower',
): NumberColumn => ({
  kind: 'number',
  name,
  values: Float64Array.from(values),
  ...(better && { better }),
});
