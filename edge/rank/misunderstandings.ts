import type { Item } from '../../shared/domain/item.ts';
import type { RankRequest } from '../../shared/domain/rank-request.ts';
import { namesOf, type ItemTable } from '../../shared/features/columns/item-table.ts';
import { notUnderstood, preferenceNames } from '../../shared/features/not-understood.ts';
import type { Schema } from '../../shared/features/schema.ts';

/** More different names than this are counted and not logged. */
const MOST_LOGGED = 100;

/**
 * Counts what requests to this isolate say that no feature reads, and logs each name once. Only names are looked up, as every
 * ranking is counted; what is wrong with values is said to those who ask for explanations.
 */
export class Misunderstandings {
  readonly #logged = new Set<string>();
  /** Rankings with a top-level field, and with a preference, that is not known. */
  readonly counts = { fields: 0, preferences: 0 };

  count(schema: Schema, { unknown, preferences }: RankRequest): void {
    if (unknown !== undefined) {
      this.counts.fields++;
      for (const name of unknown) this.#log(`field "${name}"`, schema);
    }
    const names = preferenceNames(schema);
    let isUnknown = false;
    for (const name in preferences) {
      if (names.has(name)) continue;
      isUnknown = true;
      this.#log(`preference "${name.slice(0, 64)}"`, schema);
    }
    if (isUnknown) this.counts.preferences++;
  }

  #log(what: string, { name }: Schema): void {
    if (this.#logged.has(what) || this.#logged.size >= MOST_LOGGED) return;
    this.#logged.add(what);
    console.warn(
      `rank requests have a ${JSON.stringify(what).slice(1, -1)}, which has no effect under schema ${name}; /v1/version counts them`,
    );
  }
}

/** What of a request has no effect, one sentence each. */
export const warningsOf = (
  schema: Schema,
  { table, catalogue }: { readonly table: ItemTable; readonly catalogue: Catalogue | undefined },
  { unknown = [], preferences, candidates }: RankRequest,
): readonly string[] => [
  ...unknown.map((name) => `the field "${name}" has no effect: a rank request has no such field`),
  ...notUnderstood(schema, table, preferences),
  ...(candidates === undefined ? [] : foreignAttributes(schema, candidates)),
  ...(candidates === undefined ? [] : unknownItems(candidates, catalogue)),
];

/** Which items it has. */
type Catalogue = { readonly rows: Pick<ReadonlyMap<string, unknown>, 'has'> };

/** Candidates with attributes of which the schema knows none, as where they were meant for another one. */
function foreignAttributes(schema: Schema, candidates: readonly Item[]): string[] {
  const known = new Set(schema.columns.flatMap(namesOf));
  const given = new Set(candidates.flatMap(({ attributes }) => Object.keys(attributes)));
  if (given.size === 0 || [...given].some((name) => known.has(name))) return [];
  return [
    `candidates: schema ${schema.name} knows none of their attributes (${listed([...given])}): it has ${listed([...known])}`,
  ];
}

/** Candidates of which nothing is known: their ids may be misspelt, or of another catalogue. */
function unknownItems(candidates: readonly Item[], catalogue: Catalogue | undefined): string[] {
  const unknown = candidates
    .filter(
      ({ id, attributes }) =>
        catalogue?.rows.has(id) !== true && Object.keys(attributes).length === 0,
    )
    .map(({ id }) => id);
  return unknown.length === 0
    ? []
    : [
        `candidates: nothing is known of ${listed(unknown)}: they are not in the catalogue, and have no attributes here`,
      ];
}

const MOST_LISTED = 10;

const listed = (names: readonly string[]): string => {
  const shown = names.slice(0, MOST_LISTED).map((name) => name.slice(0, 80));
  const more = names.length - shown.length;
  return `${shown.join(', ') || 'none'}${more > 0 ? ` and ${more} more` : ''}`;
};
