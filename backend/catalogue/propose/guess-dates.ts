import { isMoment, parseMoment } from '../../../shared/domain/moment.ts';
import { dateInOrder } from '../../table/read-cell.ts';
import type { DateOrder } from '../files/item-file.ts';

const SLASHED = /^(\d{1,2})([/.-])(\d{1,2})\2\d{4}(?:$|[T ])/;

/** How the dates of a column are written: `iso`, with epoch ms among it, or in an order that its numbers show or do not. */
export type DateForm = 'iso' | DateOrder | 'either';

/** @returns undefined where the cells are no dates. */
export function dateForm(cells: readonly string[]): DateForm | undefined {
  if (cells.length === 0) return undefined;
  if (cells.every((cell) => /^\d{4}-\d\d-\d\d|^\d{13}$/.test(cell) && isRead(cell))) return 'iso';
  const parts = cells.map((cell) => SLASHED.exec(cell));
  if (!parts.every((found) => found !== null)) return undefined;
  const fits = (order: DateOrder) => cells.every((cell) => isRead(dateInOrder(cell, order)));
  const [days, months] = [fits('day-first'), fits('month-first')];
  if (days && months) return parts.every(([, , mark]) => mark === '.') ? 'day-first' : 'either';
  if (days) return 'day-first';
  return months ? 'month-first' : undefined;
}

function isRead(text: string): boolean {
  try {
    return isMoment(parseMoment(text, 'a date'));
  } catch {
    return false;
  }
}

/** Epoch ms. @param cells of a form that the order reads. */
export const momentsOf = (cells: readonly string[], order: DateOrder | undefined): number[] =>
  cells.map((cell) => parseMoment(order === undefined ? cell : dateInOrder(cell, order), 'a date'));
