import { sql } from 'drizzle-orm';
import type { Store } from '../../store/open.ts';
import { DAY_MS } from '../../../shared/domain/utc-day.ts';
import { horizonEnd, targetName } from '../../science/metric-weighting/target.ts';
import { versionOfNow } from '../../log/account/counted.ts';
import type { UnitKind } from '../../log/account/unit.ts';
import type { MetricWeightSettings } from '../../reward/settings.ts';

export interface UnitCounts {
  readonly unit: UnitKind;
  readonly target: string | null;
  readonly units: number;
  /** Units whose horizon is over. */
  readonly labelled: number;
  /** When the horizon of the next unit is over; epoch ms. */
  readonly nextLabelAt: number | null;
  /** Bots, which the other counts leave out. */
  readonly refused: number;
  readonly newestAt: number | null;
}

/** How many units there are to learn from, of those counted by the account's present version. */
export async function unitCounts(
  { db }: Pick<Store, 'db'>,
  { unit, target }: Pick<MetricWeightSettings, 'unit' | 'target'>,
  nowMs: number,
): Promise<UnitCounts> {
  const labelledUntil = target === undefined ? -1 : nowMs - target.horizonDays * DAY_MS;
  const [row] = await db.all<
    Record<'units' | 'refused' | 'labelled' | 'first' | 'newest', number | null>
  >(sql`
    select sum(not isBot) as units, sum(isBot) as refused,
      sum(not isBot and firstAt <= ${labelledUntil}) as labelled,
      min(case when not isBot and firstAt > ${labelledUntil} then firstAt end) as first,
      max(firstAt) as newest
    from (select firstAt, "values" ->> 'refused' is not null as isBot from metric_units
      where kind = ${unit} and account = ${versionOfNow})`);
  const { units, refused, labelled, first, newest } = row;
  return {
    unit,
    target: target === undefined ? null : targetName(target),
    units: units ?? 0,
    labelled: labelled ?? 0,
    nextLabelAt: target === undefined || first === null ? null : horizonEnd(target, first),
    refused: refused ?? 0,
    newestAt: newest,
  };
}
