const REPLACEMENTS = [
  null,
  true,
  -1,
  0.5,
  1e9,
  '',
  'constructor',
  [],
  {},
  [null],
  [1, 'x'],
  { length: 2 },
];

/** Every copy of a JSON value in which one part, at any depth, is replaced or left out. */
export function* everyReplacement(value: unknown): Generator {
  yield* REPLACEMENTS;
  if (typeof value !== 'object' || value === null) return;
  for (const [key, part] of Object.entries(value)) {
    for (const changed of everyReplacement(part)) yield withPart(value, key, changed);
    yield withPart(value, key, undefined);
  }
}

function withPart(value: object, key: string, part: unknown): unknown {
  if (!Array.isArray(value)) return { ...value, [key]: part };
  return part === undefined
    ? value.filter((_, i) => i !== Number(key))
    : value.with(Number(key), part);
}
