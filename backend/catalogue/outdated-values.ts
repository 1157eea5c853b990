import { own } from '../../shared/domain/own.ts';
import type { AttributeValue, Item } from '../../shared/domain/item.ts';
import { parseMoment } from '../../shared/domain/moment.ts';
import { numberFromText } from '../../shared/domain/number-text.ts';
import type { ColumnSpec } from '../../shared/features/columns/column-spec.ts';
import { messageOf } from '../../shared/text/message-of.ts';

/**
 * An item that was stored when dates and numbers were read less strictly (`05/06/2027`, `0x10`), without the values that would
 * be refused today: one such item must not keep a whole catalogue from the edge. What was refused then as well is left in.
 * @param onDropped why a value was left out.
 */
export function withoutOutdatedValues(
  item: Item,
  columns: readonly ColumnSpec[],
  onDropped: (why: string) => void,
): Item {
  const kept: Record<string, AttributeValue | undefined> = { ...item.attributes };
  for (const { name, type } of columns) {
    const why = problemOf(type, own(kept, name), `item ${item.id}: "${name}"`);
    if (why === undefined) continue;
    onDropped(why);
    delete kept[name];
  }
  return { id: item.id, attributes: kept };
}

function problemOf(
  type: ColumnSpec['type'],
  value: AttributeValue | undefined,
  what: string,
): string | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  if (typeof value === 'string' && value.trim() === '') return undefined;
  if (type === 'number')
    return typeof value === 'string' &&
      Number.isFinite(Number(value)) &&
      Number.isNaN(numberFromText(value))
      ? `${what} must be a number, but was "${value.slice(0, 80)}"`
      : undefined;
  if (type !== 'date' || (typeof value === 'string' && Number.isNaN(Date.parse(value))))
    return undefined;
  try {
    parseMoment(value, what);
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}
