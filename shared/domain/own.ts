/**
 * An entry of a record that came from JSON, and never what every object inherits: `constructor` is a column of race results, and
 * where a race has none it is missing. JSON holds no functions, which is all that objects inherit besides their prototype.
 */
export function own<T>(record: Readonly<Record<string, T>>, name: string): T | undefined {
  const value: unknown = record[name];
  return typeof value === 'function' || value === Object.prototype ? undefined : (value as T);
}
