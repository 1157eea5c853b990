import type { Filter, FilterValue } from '../../shared/domain/filter.ts';
import type { Item } from '../../shared/domain/item.ts';
import type { Schema } from '../../shared/features/schema.ts';

/** Whether an item fulfils a filter, read off its attributes as they were sent: what one would write first. */
export function fulfils(schema: Pick<Schema, 'columns'>, item: Item, filter: Filter): boolean {
  if ('all' in filter) return filter.all.every((part) => fulfils(schema, item, part));
  if ('any' in filter) return filter.any.some((part) => fulfils(schema, item, part));
  if ('not' in filter) return !fulfils(schema, item, filter.not);
  if ('within' in filter) {
    const [lat, lon] = filter.columns.map((name) => number(item, name));
    if (lat === undefined || lon === undefined) return false;
    return kilometres(lat, lon, filter.within) <= filter.within.km;
  }
  const spec = schema.columns.find(({ name }) => name === filter.column);
  const type = spec?.type;
  if (type === 'number' || type === 'date') {
    const value = type === 'number' ? number(item, filter.column) : date(item, filter.column);
    if ('known' in filter) return (value !== undefined) === filter.known;
    if (value === undefined || 'allOf' in filter) return false;
    if ('in' in filter) return filter.in.includes(value);
    return startOf(filter.from) <= value && value <= endOf(filter.to);
  }
  const entries = texts(item, filter.column, spec);
  if ('known' in filter) return entries.length > 0 === filter.known;
  if ('in' in filter) return filter.in.some((value) => entries.includes(String(value)));
  return 'allOf' in filter && filter.allOf.every((value) => entries.includes(value));
}

const startOf = (bound: FilterValue = -Infinity) =>
  typeof bound === 'number' ? bound : Date.parse(bound);

function endOf(bound: FilterValue = Infinity): number {
  if (typeof bound === 'number') return bound;
  return /^\d+-\d+-\d+$/.test(bound) ? Date.parse(`${bound}T23:59:59.999Z`) : Date.parse(bound);
}

const isMissing = (value: unknown): value is undefined | null | '' =>
  value === undefined || value === null || value === '';

function number({ attributes }: Item, name: string): number | undefined {
  const value = attributes[name];
  return isMissing(value) ? undefined : Number(value);
}

function date({ attributes }: Item, name: string): number | undefined {
  const value = attributes[name];
  if (isMissing(value)) return undefined;
  return typeof value === 'number' ? value : Date.parse(String(value));
}

function texts(
  { attributes }: Item,
  name: string,
  spec: Schema['columns'][number] | undefined,
): string[] {
  const names = spec?.type === 'path' ? (spec.from ?? [name]) : [name];
  return names.flatMap((one) => {
    const value = attributes[one];
    if (isMissing(value)) return [];
    return Array.isArray(value) ? value : [String(value)];
  });
}

/** By the angle between the two as vectors, and not by the haversine formula. */
function kilometres(lat: number, lon: number, to: { lat: number; lon: number }): number {
  const vector = (a: number, b: number) => {
    const [phi, lambda] = [a, b].map((degrees) => (degrees * Math.PI) / 180);
    return [
      Math.cos(phi) * Math.cos(lambda),
      Math.cos(phi) * Math.sin(lambda),
      Math.sin(phi),
    ] as const;
  };
  const [a, b] = [vector(lat, lon), vector(to.lat, to.lon)];
  const chord = Math.hypot(...a.map((x, i) => x - b[i]));
  return 2 * Math.asin(Math.min(1, chord / 2)) * 6371.0088;
}
