import { MAX_DIMENSIONS } from '../../../shared/domain/item.ts';
import { numberFromText } from '../../../shared/domain/number-text.ts';

/** Fewer numbers are rather sizes, or coordinates. */
const LEAST_DIMENSIONS = 8;

/**
 * How many numbers each cell of a column has, where each is a list of as many, or a text with `|` between them, as embeddings are.
 * @returns undefined where they are none.
 */
export function dimensionsOf(cells: readonly unknown[]): number | undefined {
  const lengths = new Set(cells.map(lengthOf));
  const [length] = lengths;
  if (lengths.size !== 1 || length === undefined) return undefined;
  return length >= LEAST_DIMENSIONS && length <= MAX_DIMENSIONS ? length : undefined;
}

function lengthOf(cell: unknown): number | undefined {
  if (typeof cell !== 'string' && !Array.isArray(cell)) return undefined;
  const parts: readonly unknown[] = typeof cell === 'string' ? cell.split('|') : cell;
  const isNumber = (part: unknown) =>
    Number.isFinite(typeof part === 'string' ? numberFromText(part) : part);
  return parts.every(isNumber) ? parts.length : undefined;
}
