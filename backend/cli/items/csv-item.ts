import type { ColumnSpec } from '../../../shared/features/columns/column-spec.ts';

/**
 * A CSV row as an item. The schema says which columns hold numbers and which hold sets (`hiking|food`); other cells stay
 * text, and an empty cell is an absent attribute.
 */
export function csvItem(
  row: Readonly<Record<string, string>>,
  columns: readonly ColumnSpec[],
): Record<string, unknown> {
  const typeOf = new Map(columns.map(({ name, type }) => [name, type]));
  const cells = Object.entries(row).filter(([, cell]) => cell !== '');
  return Object.fromEntries(cells.map(([name, cell]) => [name, read(cell, typeOf.get(name))]));
}

function read(cell: string, type: ColumnSpec['type'] | undefined): unknown {
  if (type === 'set') {
    const values = cell.split('|').map((value) => value.trim());
    return values.filter((value) => value !== '');
  }
  // A cell that is no number stays text: the backend's refusal then names the item and the bad value.
  if (type === 'number' && Number.isFinite(Number(cell))) return Number(cell);
  return cell;
}
