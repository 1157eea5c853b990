import { invalid } from './errors.ts';
import { parseItemId, type ItemId } from './ids.ts';

/** The value of an item's attribute; `null` and absent both mean missing. */
export type AttributeValue = string | number | boolean | readonly string[] | null;
export type Attributes = Readonly<Record<string, AttributeValue | undefined>>;

export interface Item {
  readonly id: ItemId;
  readonly attributes: Attributes;
}

function isAttributeValue(value: unknown): value is AttributeValue {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true;
  if (typeof value === 'number') return Number.isFinite(value);
  return Array.isArray(value) && value.length <= 256 && value.every((v) => typeof v === 'string');
}

/**
 * Parses `{id, …attributes}`, the flat form in which items and candidates are sent.
 * @throws ApiError 400 naming the attribute whose value is not allowed.
 */
export function parseItem(value: unknown): Item {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalid('an item must be an object with an id');
  }
  const { id, ...attributes } = value as Record<string, unknown>;
  const itemId = parseItemId(typeof id === 'number' ? String(id) : id);
  for (const name in attributes) {
    if (attributes[name] !== undefined && !isAttributeValue(attributes[name])) {
      throw invalid(
        `item ${itemId}: attribute "${name.slice(0, 80)}" must be text, a finite number, a boolean, a list of texts or null`,
      );
    }
  }
  return { id: itemId, attributes: attributes as Attributes };
}
