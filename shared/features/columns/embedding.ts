import { isMissing, isNumbers, type AttributeValue } from '../../domain/item.ts';
import { numberFromText } from '../../domain/number-text.ts';

/**
 * An embedding of an item: a list of `dimensions` numbers, or a text with `|` between them, as tables write it.
 * @returns undefined where it is missing; null where the value is none of so many numbers, or all of them are 0, which points nowhere.
 */
export function readEmbedding(
  value: AttributeValue | undefined,
  dimensions: number,
): readonly number[] | null | undefined {
  if (isMissing(value)) return undefined;
  const numbers = typeof value === 'string' ? value.split('|').map(numberFromText) : value;
  if (typeof numbers !== 'object') return null;
  if (numbers.length === 0) return undefined;
  if (!isNumbers(numbers) || numbers.length !== dimensions) return null;
  return numbers.every(Number.isFinite) && numbers.some((one) => one !== 0) ? numbers : null;
}
