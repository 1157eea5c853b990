import { z } from '@hono/zod-openapi';
import { nearest } from '../../../shared/domain/nearest.ts';

/** Has zod say, of a key that an object does not have, which one was probably meant. Strict objects refuse such keys. */
export function nameUnknownKeys(): void {
  z.config({
    customError: (issue) => {
      if (issue.code !== 'unrecognized_keys') return undefined;
      const known = keysOf(issue.inst);
      return (issue.keys as readonly string[])
        .slice(0, 5)
        .map((key) => {
          const name = key.slice(0, 64);
          const meant = nearest(name, known);
          return `there is no "${name}": ${meant === undefined ? `known are ${known.join(', ')}` : `did you mean "${meant}"?`}`;
        })
        .join('; ');
    },
  });
}

const keysOf = (schema: unknown): string[] =>
  schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
