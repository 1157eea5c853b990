import type { Item } from '../../../shared/domain/item.ts';

/**
 * Two rows of one item as one: sets are united, and of anything else the first row's value stays; a later row only
 * fills in what was missing. Files that list the variants of a product on lines of their own are read so.
 */
export function mergeRows(first: Item, later: Item): Item {
  const attributes = { ...later.attributes, ...withoutMissing(first.attributes) };
  for (const [name, value] of Object.entries(first.attributes)) {
    const other = later.attributes[name];
    if (Array.isArray(value) || (Array.isArray(other) && typeof value === 'string'))
      attributes[name] = [...new Set([...textsOf(value), ...textsOf(other)])];
  }
  return { id: first.id, attributes };
}

const withoutMissing = (attributes: Item['attributes']): Item['attributes'] =>
  Object.fromEntries(
    Object.entries(attributes).filter(
      ([, value]) => value !== null && value !== undefined && value !== '',
    ),
  );

function textsOf(value: unknown): string[] {
  if (Array.isArray(value)) return value;
  return typeof value === 'string' && value !== '' ? [value] : [];
}
