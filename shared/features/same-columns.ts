import { canonicalJson } from '../domain/canonical-json.ts';
import type { Schema } from './schema.ts';

/** Whether a catalogue that is packed by one schema can be ranked by the other: what they make of its columns may differ. */
export const hasSameColumns = (one: Columned, other: Columned): boolean =>
  one.hash === other.hash || textOf(one) === textOf(other);

/** @returns the columns of one that the other has not or has otherwise, by name; those whose order differs where there are no such. */
export function differingColumns(one: Columned, other: Columned): string[] {
  const names = [...new Set([...one.columns, ...other.columns].map(({ name }) => name))];
  const textIn = ({ columns }: Columned, name: string) =>
    canonicalJson(columns.find((column) => column.name === name) ?? null);
  const differing = names.filter((name) => textIn(one, name) !== textIn(other, name));
  if (differing.length > 0) return differing;
  return hasSameColumns(one, other) ? [] : one.columns.map(({ name }) => name);
}

type Columned = Pick<Schema, 'columns' | 'hash'>;

const texts = new WeakMap<Columned['columns'], string>();

function textOf({ columns }: Columned): string {
  let text = texts.get(columns);
  if (text === undefined) texts.set(columns, (text = canonicalJson(columns)));
  return text;
}
