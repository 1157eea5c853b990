import type { Item } from '../../shared/domain/item.ts';
import type { ColumnSpec } from '../../shared/features/columns/column-spec.ts';
import type { NeighbourSpec } from '../../shared/features/neighbour-spec.ts';

/** Which items are alike, the slow and obvious way: every pair is compared. Items in order of id. */
export function slowNeighbours(
  items: readonly Item[],
  columns: readonly ColumnSpec[],
  { by, neighbours = 64 }: NeighbourSpec,
): { readonly id: string; readonly percent: number }[][] {
  const typeOf = (name: string) => columns.find((column) => column.name === name)!;
  const isEmbedding = (name: string) => typeOf(name).type === 'embedding';
  const bucketsOf = ({ attributes }: Item): Map<string, number> => {
    const own = new Map<string, number>();
    for (const { column, weight = 1, level, levelEdges } of by) {
      const { type, from = [] } = typeOf(column);
      const value = attributes[column];
      const add = (text: string) => own.set(`${column}: ${text}`, weight);
      if (type === 'category' && typeof value === 'string') add(value);
      if (type === 'set' && Array.isArray(value)) for (const entry of value) add(String(entry));
      if (type === 'number' && typeof value === 'number')
        add(String(levelEdges!.filter((edge) => edge < value).length));
      if (type === 'path')
        from.forEach((name, i) => {
          if (level !== undefined && level !== i) return;
          const path = from.slice(0, i + 1).map((one) => attributes[one]);
          if (typeof attributes[name] === 'string') add(path.filter(Boolean).join('/'));
        });
    }
    return own;
  };
  const buckets = items.map(bucketsOf);
  const df = new Map<string, number>();
  for (const own of buckets) for (const name of own.keys()) df.set(name, (df.get(name) ?? 0) + 1);
  const weightOf = (name: string, weight: number) =>
    Math.max(1, Math.round(1024 * weight * Math.log1p(items.length / df.get(name)!)));
  const sum = (own: Map<string, number>, isIn: (name: string) => boolean = () => true) =>
    [...own].reduce((all, [name, weight]) => all + (isIn(name) ? weightOf(name, weight) : 0), 0);
  const embedded = by.find(({ column }) => isEmbedding(column));
  const wholes = items.map(({ attributes }) => {
    const value = embedded && (attributes[embedded.column] as readonly number[] | undefined);
    if (!value || value.length === 0) return undefined;
    const most = Math.max(...value.map(Math.abs));
    return value.map((one) => Math.round((one / most) * 127));
  });
  const dot = (a: readonly number[], b: readonly number[]) =>
    a.reduce((all, one, i) => all + one * b[i], 0);
  const vectorWeight = embedded === undefined ? 0 : (embedded.weight ?? 1);
  const bucketWeight = by
    .filter((one) => one !== embedded)
    .reduce((all, { weight = 1 }) => all + weight, 0);
  return items.map((_, a) => {
    const compared = items.flatMap((item, b) => {
      if (a === b) return [];
      const common = sum(buckets[a], (name) => buckets[b].has(name));
      const either = sum(buckets[a]) + sum(buckets[b]) - common;
      const overlap = common === 0 ? 0 : common / either;
      const [one, other] = [wholes[a], wholes[b]];
      const product = one && other ? dot(one, other) : 0;
      const cosine =
        product <= 0 ? 0 : Math.min(1, product / Math.sqrt(dot(one!, one!) * dot(other!, other!)));
      const score =
        (vectorWeight * cosine + bucketWeight * overlap) / (vectorWeight + bucketWeight);
      const behind = b > a ? b - a : b - a + items.length;
      return score > 0 ? [{ id: item.id, score, behind }] : [];
    });
    return compared
      .toSorted((x, y) => y.score - x.score || x.behind - y.behind)
      .slice(0, neighbours)
      .map(({ id, score }) => ({ id, percent: Math.round(100 * score) }));
  });
}
