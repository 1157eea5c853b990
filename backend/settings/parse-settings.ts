import { z } from 'zod';
import { expected, literal, type Shape } from './expected.ts';
import { nearest } from '../../shared/domain/nearest.ts';

/**
 * The defaults with what is given in their place, at any depth: `{ stale: { rankingHours: 2 } }`.
 * @throws Error with one line for each setting that is wrong: its path, what it was, and what it should have been.
 */
export function parseSettings<T>(schema: z.ZodType<T>, value: unknown): T {
  const { success, data, error } = schema.safeParse(value);
  if (success) return data;
  const shape = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Shape;
  throw new Error(
    error.issues.flatMap((issue) => problemsOf(issue, value, shape)).join('\n'),
    // Nobody reads the cause of a typing error, and it would be printed in full.
  );
}

/** `rollout.steps['canary 1'].minMs`. */
export const pathOf = (keys: readonly PropertyKey[]): string =>
  keys
    .map((key, i) => {
      if (typeof key === 'number') return `[${key}]`;
      const name = String(key);
      if (!/^[A-Za-z_$][\w$]*$/.test(name)) return `[${literal(name)}]`;
      return i === 0 ? name : `.${name}`;
    })
    .join('');

function problemsOf(issue: z.core.$ZodIssue, value: unknown, root: Shape): string[] {
  const path = pathOf(issue.path) || 'the value';
  const shape = issue.path.reduce<Shape>(inside, root);
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => unknownKey([...issue.path, key], shape, root));
    case 'custom':
      // Checks between settings word what is wrong themselves.
      return [`${path} ${issue.message}`];
    default: {
      const given = issue.path.reduce<any>((whole, key) => whole?.[key], value);
      const was = given === undefined ? 'is missing' : `was ${literal(given)}`;
      return [`${path} must be ${expected(shape)}, but ${was}`];
    }
  }
}

function unknownKey(path: readonly PropertyKey[], shape: Shape, root: Shape): string {
  const name = String(path.at(-1));
  const known = Object.keys(shape.properties ?? {});
  const near = nearest(name, known);
  const elsewhere = near === undefined ? pathTo(name, root) : undefined;
  const meant = near === undefined ? elsewhere : pathOf([...path.slice(0, -1), near]);
  return `${pathOf(path)} is no setting: ${meant === undefined ? `known are ${known.join(', ')}` : `did you mean ${meant}?`}`;
}

/** Where a setting of this name is, if not where it was looked for. */
function pathTo(name: string, shape: Shape, path: readonly PropertyKey[] = []): string | undefined {
  for (const [key, child] of Object.entries(shape.properties ?? {})) {
    const found =
      key === name ? pathOf([...path, key]) : pathTo(name, child as Shape, [...path, key]);
    if (found !== undefined) return found;
  }
  return undefined;
}

function inside(shape: Shape, key: PropertyKey): Shape {
  const found =
    typeof key === 'number'
      ? (shape.prefixItems?.[key] ?? shape.items)
      : (shape.properties?.[String(key)] ?? shape.additionalProperties);
  return typeof found === 'object' ? (found as Shape) : {};
}
