import { minuteOf } from '../../shared/text/text.ts';
import type { InForce } from './in-force.ts';

/** In sentences: where an experiment's weights come from, what an override changed, and which metrics are not measured. */
export function describeWeights(inForce: InForce, unmeasured: readonly string[]): string[] {
  const left =
    unmeasured.length === 0
      ? []
      : [`left out, as it is not measured here: ${unmeasured.join(', ')}`];
  return [`weighed ${originOf(inForce)}`, ...warningOf(inForce), ...left];
}

function originOf(inForce: InForce): string {
  if (inForce.source === 'schema') return 'as the schema declares';
  const { id, author, reason, createdAt, expiresAt } = inForce.row;
  if (inForce.source === 'learned') return `as learned ${minuteOf(createdAt)} UTC (${id})`;
  const until = expiresAt === null ? '' : ` until ${minuteOf(expiresAt)} UTC`;
  return `by an override of ${author}${until}: ${reason} (${id})`;
}

const warningOf = (inForce: InForce): string[] =>
  inForce.source === 'override'
    ? ((inForce.row.details.warning as string[] | undefined) ?? [])
    : [];
