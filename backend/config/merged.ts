/** What is given over what is meant otherwise, object by object; lists and values are replaced whole. */
export function merged(otherwise: unknown, given: unknown): unknown {
  if (given === undefined) return otherwise;
  if (!isObject(otherwise) || !isObject(given)) return given;
  const names = new Set([...Object.keys(otherwise), ...Object.keys(given)]);
  return Object.fromEntries([...names].map((name) => [name, merged(otherwise[name], given[name])]));
}

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
