import { isMissing, type Attributes } from '../../shared/domain/item.ts';
import { parseMoment } from '../../shared/domain/moment.ts';
import { own } from '../../shared/domain/own.ts';
import type { Schema } from '../../shared/features/schema.ts';

/** Texts that an attribute has, however many: none where it is missing. */
export const textsOf = (value: Attributes[string]): string[] =>
  (typeof value === 'object' && value !== null ? value : [value])
    .filter((one) => !isMissing(one))
    .map(String);

/** Whether the schema's filters let an item into any ranking. */
export function canBeShown(
  { filters }: Pick<Schema, 'filters'>,
  attributes: Attributes,
  nowMs: number,
): boolean {
  return filters.every((filter) => {
    const value = own(attributes, filter.column);
    if ('exclude' in filter) return !textsOf(value).some((one) => filter.exclude.includes(one));
    if (isMissing(value)) return true;
    try {
      return parseMoment(value, filter.column) >= nowMs;
    } catch {
      // Stored before dates were checked: it counts as missing.
      return true;
    }
  });
}
