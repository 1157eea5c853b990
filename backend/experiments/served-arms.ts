import { sql } from 'drizzle-orm';
import type { AssignedArm } from '../../shared/domain/layer.ts';
import type { ServedExperiment } from '../../shared/domain/experiment.ts';
import type { Store } from '../store/open.ts';

/** The arms by which visitors were assigned under one revision of the pointer. */
export interface ServedArms {
  readonly revision: number;
  readonly design: ServedExperiment['design'];
  readonly arms: readonly AssignedArm[];
}

/** The arms of an experiment under every revision that served it and of which it is known what it said. */
export async function servedArms(
  { db }: Pick<Store, 'db'>,
  experiment: string,
): Promise<ServedArms[]> {
  const rows = await db.all<{ revision: number; design: ServedArms['design']; arms: string }>(sql`
    with r as (select revision, text from pointer_revisions where instr(text, ${experiment}) > 0),
      served as (
        select revision, coalesce(text -> '$.placedLayers', text -> '$.layers') as layers from r
        union all select r.revision, p.value -> '$.layers' from r cross join json_each(r.text, '$.placements') p
      )
    select r.revision, e.value ->> '$.design' as design, e.value -> '$.arms' as arms
    from served r cross join json_each(r.layers) l cross join json_each(l.value, '$.experiments') e
    where e.value ->> '$.id' = ${experiment} order by r.revision`);
  return rows.map((row) => ({ ...row, arms: JSON.parse(row.arms) as AssignedArm[] }));
}

/** The revisions under which every arm had the share of the units that it has here, no other arm had any, and so was the design. */
export function revisionsServing(
  served: readonly ServedArms[],
  { design, arms }: Pick<ServedArms, 'design' | 'arms'>,
): number[] {
  const asked = sharesOf(arms);
  return served
    .filter((one) => {
      if (one.design !== design) return false;
      const shares = sharesOf(one.arms);
      const names = new Set([...asked.keys(), ...shares.keys()]);
      return [...names].every(
        (name) => Math.abs((shares.get(name) ?? 0) - (asked.get(name) ?? 0)) < SAME,
      );
    })
    .map(({ revision }) => revision);
}

/** Shares that rounding set apart are one. */
const SAME = 1e-9;

function sharesOf(arms: readonly AssignedArm[]): ReadonlyMap<string, number> {
  const total = arms.reduce((sum, { weight }) => sum + weight, 0);
  return new Map(arms.map(({ name, weight }) => [name, weight / total]));
}
