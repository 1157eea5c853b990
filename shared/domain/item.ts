import { invalid } from './errors.ts';
import { isAmount } from './currency.ts';
import { nfc, nfcList } from './nfc.ts';
import { shown } from './shown.ts';
import { parseItemId, readItemId, type ItemId } from './ids.ts';

/** The value of an item's attribute; `null` and absent both mean missing. */
export type AttributeValue =
  | string
  | number
  | boolean
  | readonly string[]
  | readonly number[]
  | null;
export type Attributes = Readonly<Record<string, AttributeValue | undefined>>;

/** Whether an item has nothing as this attribute. An empty text is what tables hold where there is nothing. */
export const isMissing = (value: AttributeValue | undefined): value is undefined | null | '' =>
  value === undefined || value === null || value === '';

export interface Item {
  readonly id: ItemId;
  readonly attributes: Attributes;
}

const MAX_TEXTS = 256;
/** Of an embedding. */
export const MAX_DIMENSIONS = 1536;

/** Whether a list holds numbers, as embeddings do, and no texts. */
export const isNumbers = (value: AttributeValue | undefined): value is readonly number[] =>
  Array.isArray(value) && typeof value[0] === 'number';

function isAttributeValue(value: unknown): value is AttributeValue {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true;
  if (typeof value === 'number') return Number.isFinite(value);
  if (!Array.isArray(value)) return false;
  if (value.length <= MAX_TEXTS && value.every((v) => typeof v === 'string')) return true;
  return value.length <= MAX_DIMENSIONS && value.every(Number.isFinite);
}

function normalised(value: AttributeValue | undefined): AttributeValue | undefined {
  if (typeof value === 'string') return nfc(value);
  if (typeof value !== 'object' || value === null || isNumbers(value)) return value;
  return nfcList(value);
}

/**
 * Parses `{id, …attributes}`, the flat form in which items and candidates are sent. Texts and names of attributes are brought
 * into Unicode normal form C; ids are opaque and stay as they are.
 * @throws ApiError 400 naming the attribute whose value is not allowed.
 */
export function parseItem(value: unknown): Item {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalid(`an item must be an object with an id, but was ${shown(value)}`);
  }
  const { id, ...attributes } = value as Record<string, unknown>;
  return itemOf(readItemId(id), attributes);
}

/**
 * An item as the store has it: its id was taken when it came in, maybe by rules that were less strict, and one that would be
 * refused today must not keep the whole catalogue from the edge.
 * @throws ApiError 400 naming the attribute whose value is not allowed.
 */
export const parseStoredItem = (id: unknown, attributes: Record<string, unknown>): Item =>
  itemOf(parseItemId(id), { ...attributes });

/** @param attributes are changed. */
function itemOf(itemId: ItemId, attributes: Record<string, unknown>): Item {
  for (const name in attributes) {
    let given = attributes[name];
    // One text, as a price is in a table: `129 EUR`.
    if (isAmount(given)) attributes[name] = given = `${given.amount} ${given.currency}`;
    if (given !== undefined && !isAttributeValue(given)) {
      throw invalid(
        `item ${itemId}: attribute "${name.slice(0, 80)}" must be text, a finite number, a boolean, a list of texts or of numbers, {amount, currency} or null, but was ${shown(given)}`,
      );
    }
    const normalName = nfc(name);
    if (normalName !== name) {
      if (normalName in attributes)
        throw invalid(
          `item ${itemId}: attribute "${normalName.slice(0, 80)}" is there twice, in two Unicode forms`,
        );
      delete attributes[name];
      attributes[normalName] = normalised(given);
    } else if (typeof given === 'string' || typeof given === 'object') {
      const normal = normalised(given);
      if (normal !== given) attributes[name] = normal;
    }
  }
  return { id: itemId, attributes: attributes as Attributes };
}
