const STEP = /^([^[\]]+)(?:\[([^\]]+)\])?$/;

/**
 * The values at a path of a row: `items.item_id` gives those of all items, `event_params[ga_session_id].value.int_value` the one
 * of the parameter with that key. Empty where there are none.
 */
export function valuesAt(row: unknown, path: string): unknown[] {
  let found: unknown[] = [row];
  for (const part of path.split('.')) {
    const [, name, key] = STEP.exec(part) ?? [undefined, part];
    found = found
      .flatMap((value) => (Array.isArray(value) ? (value as unknown[]) : [value]))
      .flatMap((value) => {
        const next = fieldOf(value, name);
        if (key === undefined) return next === undefined || next === null ? [] : [next];
        return Array.isArray(next) ? next.filter((entry) => fieldOf(entry, 'key') === key) : [];
      });
  }
  return found.flatMap((value) => (Array.isArray(value) ? (value as unknown[]) : [value]));
}

const fieldOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined;

/** The first value at a path, as a text; undefined where there is none. */
export function textAt(row: unknown, path: string): string | undefined {
  const [value] = valuesAt(row, path);
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}
