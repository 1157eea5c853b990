import { invalid } from '../../shared/domain/errors.ts';
import { readItemId } from '../../shared/domain/ids.ts';
import { parseItem } from '../../shared/domain/item.ts';
import { own } from '../../shared/domain/own.ts';
import { shown } from '../../shared/domain/shown.ts';
import type { ItemChange } from './change-items.ts';

type Fields = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * A change as it comes in: `{op: "upsert", version, item: {id, …}}`, `{op: "delete", version, id}`, or the envelope of Debezium
 * (`{before, after, op, ts_ms, source}`, also below `payload`), whose version is the position in the log of the database where the
 * source has one (`source.lsn`), else its time. @param idColumn the column of a row that is the item's id.
 * @returns undefined of what says nothing: the tombstone behind a deletion of Debezium. @throws ApiError 400.
 */
export function readChange(given: unknown, idColumn: string): ItemChange | undefined {
  if (given === null) return undefined;
  if (!isObject(given)) throw invalid(`a change must be an object, but was ${shown(given)}`);
  const envelope = 'payload' in given ? given.payload : given;
  if (envelope === null) return undefined;
  if (isObject(envelope) && ('after' in envelope || 'before' in envelope))
    return ofDebezium(envelope, idColumn);
  const { op, version, item, id } = given;
  if (op === 'upsert') {
    const parsed = parseItem(item);
    return { id: parsed.id, version: versionOf(version), item: parsed };
  }
  if (op === 'delete') return { id: readItemId(id), version: versionOf(version), item: undefined };
  throw invalid(`op of a change must be upsert or delete, but was ${shown(op)}`);
}

/** As Debezium writes them: created, updated, read in a first copy, deleted. Others, as of a truncation, say nothing of one item. */
const PUTS: ReadonlySet<unknown> = new Set(['c', 'u', 'r']);

function ofDebezium({ before, after, op, ts_ms, source }: Fields, idColumn: string): ItemChange {
  const { lsn, ts_ms: at } = isObject(source) ? source : {};
  const version = versionOf(lsn ?? at ?? ts_ms);
  if (op === 'd') return { id: idOf(before, idColumn), version, item: undefined };
  if (!PUTS.has(op)) throw invalid(`op of a change must be c, u, r or d, but was ${shown(op)}`);
  const id = idOf(after, idColumn);
  const { [idColumn]: _, ...attributes } = after as Fields;
  return { id, version, item: parseItem({ ...attributes, id }) };
}

function idOf(row: unknown, idColumn: string): string {
  const id = isObject(row) ? own(row, idColumn) : undefined;
  if (id !== undefined) return readItemId(id);
  throw invalid(
    `a change has no column "${idColumn}" (?id= names another one; the table of a deletion needs it in its replica identity)`,
  );
}

function versionOf(value: unknown): number {
  if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number;
  throw invalid(
    `version of a change must be a whole number from 0 to ${Number.MAX_SAFE_INTEGER} that rises with each change of its item, but was ${shown(value)}`,
  );
}
