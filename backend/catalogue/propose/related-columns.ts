import type { NeighbourColumn } from '../../../shared/features/neighbour-spec.ts';
import type { GuessedColumn } from './guess.ts';
import type { Proposed } from './proposed.ts';

/** Beside an embedding, which tells most, a few columns more say what people see as alike. */
const MOST_COLUMNS = 5;
const EMBEDDING_WEIGHT = 3;

/**
 * What makes items alike: an embedding, and the categories, sets and paths beside it. Only where there is an embedding: without one, which of the columns
 * say so is for people to decide.
 * @returns undefined where there is none.
 */
export function relatedColumns(
  usable: readonly GuessedColumn[],
  paths: readonly { readonly name: string }[],
): readonly NeighbourColumn[] | undefined {
  const embedding = usable.find(({ guess }) => guess.type === 'embedding');
  if (embedding === undefined) return undefined;
  const others = usable.filter(({ guess }) => guess.type === 'category' || guess.type === 'set');
  return [
    { column: embedding.name, weight: EMBEDDING_WEIGHT },
    ...[...paths, ...others].slice(0, MOST_COLUMNS).map(({ name }) => ({ column: name })),
  ];
}

/** How alike an item is to the one of the page. */
export const RELATED: readonly Proposed[] = [
  {
    feature: { name: 'alike', kind: 'related', edges: [40, 60, 80] },
    points: [0, 0, 4, 8, 12],
    monotone: 'increasing',
  },
];
