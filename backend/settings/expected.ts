import { inspect } from 'node:util';
import type { z } from 'zod';

/** A setting as JSON Schema describes it. */
export type Shape = z.core.JSONSchema.BaseSchema;

/** What a setting may be, in words: `a whole number, 1 or more`. */
export function expected(shape: Shape): string {
  if (shape.description !== undefined) return shape.description;
  if (shape.enum !== undefined) return `one of ${shape.enum.map(literal).join(', ')}`;
  if (shape.const !== undefined) return literal(shape.const);
  if (shape.anyOf !== undefined) return shape.anyOf.map((choice) => expected(choice)).join(', or ');
  if (Array.isArray(shape.type))
    return shape.type.map((type) => expected({ ...shape, type })).join(', or ');
  switch (shape.type) {
    case 'integer':
      return `a whole number${boundsOf(shape)}`;
    case 'number':
      return `a number${boundsOf(shape)}`;
    case 'array':
      return listOf(shape);
    case 'object':
      return objectOf(shape);
    default:
      return shape.type === 'null' ? 'null' : `a ${String(shape.type)}`;
  }
}

/** As it is written in a configuration file. */
export const literal = (value: unknown): string =>
  inspect(value, {
    depth: null,
    compact: true,
    breakLength: Infinity,
    maxArrayLength: null,
    maxStringLength: null,
  });

function boundsOf({ minimum, exclusiveMinimum, maximum, exclusiveMaximum }: Shape): string {
  const isReal = (bound: number | undefined): bound is number =>
    bound !== undefined && Math.abs(bound) !== Number.MAX_SAFE_INTEGER;
  const from = isReal(minimum) ? minimum : undefined;
  const to = isReal(maximum) ? maximum : undefined;
  const above = exclusiveMinimum === undefined ? undefined : `above ${literal(exclusiveMinimum)}`;
  const below = exclusiveMaximum === undefined ? undefined : `below ${literal(exclusiveMaximum)}`;
  if (from !== undefined && to !== undefined) return ` from ${literal(from)} to ${literal(to)}`;
  const lower = above ?? (from === undefined ? undefined : `${literal(from)} or more`);
  const upper = below ?? (to === undefined ? undefined : `up to ${literal(to)}`);
  const bounds = [lower, upper].filter((bound) => bound !== undefined);
  return bounds.length === 0 ? '' : `, ${bounds.join(' and ')}`;
}

function listOf({ prefixItems, items, minItems, maxItems }: Shape): string {
  if (prefixItems !== undefined)
    return `[${(prefixItems as Shape[]).map((item) => expected(item)).join(', ')}]`;
  const atLeast = minItems === undefined ? '' : ` of ${minItems} or more`;
  const atMost = maxItems === undefined ? '' : ` of up to ${maxItems}`;
  return `a list${atLeast}${atMost}, each ${expected(items as Shape)}`;
}

function objectOf({ properties, additionalProperties }: Shape): string {
  if (properties === undefined || Object.keys(properties).length === 0)
    return typeof additionalProperties === 'object'
      ? `an object whose values are each ${expected(additionalProperties)}`
      : 'an object';
  return `an object with ${Object.keys(properties).join(', ')}`;
}
