import { invalid } from '../../shared/domain/errors.ts';
import type { Item } from '../../shared/domain/item.ts';
import { nfc } from '../../shared/domain/nfc.ts';
import { namesOf } from '../../shared/features/columns/item-table.ts';
import type { Schema } from '../../shared/features/schema.ts';

/**
 * One of two items with one id would be lost in silence. Ids that differ only in their Unicode form look alike wherever they are
 * shown, and are one id written twice. @throws ApiError 400 naming both positions.
 */
export function refuseRepeated(items: readonly Item[]): void {
  const seen = new Map<string, number>();
  const given = (index: number) => items[index].id;
  items.forEach(({ id }, index) => {
    const normal = nfc(id);
    const first = seen.get(normal);
    if (first !== undefined)
      throw invalid(
        `items[${first}] and items[${index}] have one id, ${id}${given(first) === id ? '' : ', in two Unicode forms'}: send each item once`,
      );
    seen.set(normal, index);
  });
}

/**
 * A catalogue that was meant for another schema would be stored, and no feature would see anything of it.
 * @throws ApiError 400 with the columns on both sides, where items have attributes and the schema knows none of them.
 */
export function refuseForeign(
  { name, columns }: Pick<Schema, 'name' | 'columns'>,
  items: readonly Item[],
): void {
  const known = new Set(columns.flatMap(namesOf));
  const given = new Set<string>();
  for (const { attributes } of items)
    for (const attribute in attributes) {
      if (known.has(attribute)) return;
      given.add(attribute);
    }
  if (given.size === 0 || known.size === 0) return;
  throw invalid(
    `schema ${name} knows none of these columns: the items have ${listed(given)}; the schema has ${listed(known)}. Rename them, or bring a schema in that knows them ("trimtab schema apply")`,
  );
}

const MOST_LISTED = 30;

const listed = (names: ReadonlySet<string>): string => {
  const all = [...names].map((name) => name.slice(0, 80));
  return all.length <= MOST_LISTED
    ? all.join(', ')
    : `${all.slice(0, MOST_LISTED).join(', ')} and ${all.length - MOST_LISTED} more`;
};
