import { shown } from '../../domain/shown.ts';
import { needsRising } from './check.ts';
import { MISSING, stepOf, type BucketKind } from './kind.ts';

/**
 * How alike an item is to the one that related items are asked for (`related` of a request): bucket i + 1 if by up to `edges[i]`
 * percent, the last bucket above all. It needs no column. Missing where no related items are asked for, and where nothing is known of the item.
 */
export interface RelatedSpec {
  readonly name: string;
  readonly kind: 'related';
  /** Rising whole percents from 1 to 99. */
  readonly edges: readonly number[];
}

export const related: BucketKind<RelatedSpec> = {
  check({ edges }) {
    const problem = needsRising('edges', edges);
    if (problem !== undefined) return problem;
    return edges.every((edge) => Number.isInteger(edge) && edge >= 1 && edge <= 99)
      ? undefined
      : `edges must be whole percents from 1 to 99, but were ${shown(JSON.stringify(edges))}`;
  },
  size: ({ edges }) => edges.length + 2,
  label({ edges }, bucket) {
    const [from, to] = [edges[bucket - 2], edges[bucket - 1]];
    if (from === undefined) return `hardly alike (up to ${to} %)`;
    return to === undefined ? `very alike (over ${from} %)` : `alike (${from} to ${to} %)`;
  },
  plan(spec, { visit, rowOf }) {
    const { items, percent } = visit.related ?? {};
    if (items === undefined) return MISSING;
    const rows = new Map<number, number>();
    items.forEach((id, i) => {
      const row = rowOf(id);
      if (row !== undefined) rows.set(row, 1 + stepOf(spec.edges, percent![i]));
    });
    return rows.size === 0 ? MISSING : { from: 'sparse', others: MISSING, rows };
  },
};
