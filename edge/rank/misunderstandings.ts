import type { RankRequest } from '../../shared/domain/rank-request.ts';
import type { ItemTable } from '../../shared/features/columns/item-table.ts';
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
  table: ItemTable,
  { unknown = [], preferences }: RankRequest,
): readonly string[] => [
  ...unknown.map((name) => `the field "${name}" has no effect: a rank request has no such field`),
  ...notUnderstood(schema, table, preferences),
];
