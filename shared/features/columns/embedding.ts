import type { AttributeValue } from '../../domain/item.ts';
import { isNumbers } from '../../domain/item.ts';
import { numberFromText } from '../../domain/number-text.ts';

/**
 * An embedding of an item: a list of `dimensions` numbers, or a text with `|` between them, as tables write it.
 * @returns undefined where it is missing; null where the value is none of so many numbers, or all of them are 0, which points nowhere.
 */
export function readEmbedding(
  value: AttributeValue | undefined,
  dimensions: number,
): readonly number[] | null | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  const numbers = typeof value === 'string' ? value.split('|').map(numberFromText) : value;
  if (!Array.isArray(numbers) || numbers.length === 0)
    return Array.isArray(numbers) ? undefined : null;
  if (!isNumbers(numbers) || numbers.length !== dimensions) return null;
  return numbers.every(Number.isFinite) && numbers.some((one) => one !== 0) ? numbers : null;
}
