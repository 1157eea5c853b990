import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { z } from 'zod';
import { _default as withDefault } from 'zod/mini';
import * as mini from 'zod/mini';
import { parseRankRequest } from '../../shared/domain/rank-request.ts';
import { fastestUs } from './support/clock.ts';
import { rankBodies } from './support/rank-bodies.ts';
import type { Part } from './support/part.ts';

const REQUESTS = 256;
const ROUNDS = 200;
/** Workers forbid `eval`, so Zod cannot compile its parsers there. */
const AS_IN_WORKERS = { jitless: true };

/**
 * Checking a rank request by hand beside Zod's two flavours of the same rules, in one thread, and what each adds to the
 * Worker's script. Decides `docs/adr/0007-no-zod-at-the-edge.md`.
 */
export async function benchParse(): Promise<Part> {
  const bodies = rankBodies(REQUESTS, 1).map((body) => ({
    ...body,
    context: { device: 'phone', hour: 20 },
    recent: [1, 2, 3].map((n) => ({ itemId: `trip-${n}`, type: 'click', at: 1.8e12 + n })),
  }));
  const schemas = { zod: ofZod(), 'zod/mini': ofMini() };
  z.config(AS_IN_WORKERS);
  mini.config(AS_IN_WORKERS);
  const time = (parse: (body: unknown) => unknown) =>
    fastestUs(REQUESTS, (i) => parse(bodies[i]), ROUNDS);
  const byHand = time(parseRankRequest);
  const bytes = await bundleBytes();
  return {
    rows: [
      { name: 'parse a rank request by hand', value: byHand, unit: 'µs' },
      ...Object.entries(schemas).map(([name, schema]) => {
        const value = time((body) => schema.parse(body));
        return {
          name: `the same by ${name}`,
          value,
          unit: 'µs',
          ratio: value / byHand,
          against: 'by hand',
        };
      }),
      ...Object.entries(bytes).map(([name, value]) => ({
        name: `${name}, gzip`,
        value: value / 1024,
        unit: 'KiB',
        ratio: value / bytes['rank-request.ts'],
        against: 'rank-request.ts',
      })),
    ],
    notes: [
      'both flavours of Zod run as they would in a Worker, without compiled parsers; neither checks ids or candidates here',
    ],
  };
}

function ofZod() {
  const range = z.strictObject({ min: z.number().optional(), max: z.number().optional() });
  const wish = z.union([z.string(), z.number(), z.array(z.string()).max(256), range]);
  return z.object({
    sessionId: z.string().min(1).max(128),
    userId: z.string().min(1).max(128).optional(),
    preferences: z.record(z.string(), wish).default({}),
    context: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).default({}),
    recent: z
      .array(z.object({ itemId: z.string().max(128), type: z.string().max(64), at: z.number() }))
      .default([]),
    limit: z.int().min(1).max(100).default(20),
    explain: z.boolean().default(false),
  });
}

function ofMini() {
  const text = mini.string();
  const id = text.check(mini.minLength(1), mini.maxLength(128));
  const number = mini.number();
  const range = mini.strictObject({ min: mini.optional(number), max: mini.optional(number) });
  const wish = mini.union([text, number, mini.array(text).check(mini.maxLength(256)), range]);
  const recent = mini.object({
    itemId: text.check(mini.maxLength(128)),
    type: text.check(mini.maxLength(64)),
    at: number,
  });
  return mini.object({
    sessionId: id,
    userId: mini.optional(id),
    preferences: withDefault(mini.record(text, wish), {}),
    context: withDefault(mini.record(text, mini.union([text, number, mini.boolean()])), {}),
    recent: withDefault(mini.array(recent), []),
    limit: withDefault(mini.int().check(mini.gte(1), mini.lte(100)), 20),
    explain: withDefault(mini.boolean(), false),
  });
}

/** What a script grows by, minified and compressed, as Workers count it. */
async function bundleBytes(): Promise<Record<string, number>> {
  const sizeOf = async (source: string) => {
    const { outputFiles } = await build({
      stdin: { contents: source, resolveDir: import.meta.dirname, loader: 'ts' },
      bundle: true,
      minify: true,
      format: 'esm',
      write: false,
    });
    return gzipSync(outputFiles[0].contents).length;
  };
  return {
    'rank-request.ts': await sizeOf(
      `export { parseRankRequest } from '../../shared/domain/rank-request.ts'`,
    ),
    'zod alone': await sizeOf(`import { z } from 'zod'; export const parse = ${bodyOf(ofZod)}`),
    'zod/mini alone': await sizeOf(
      `import { _default as withDefault } from 'zod/mini';
import * as mini from 'zod/mini'; import { _default as withDefault } from 'zod/mini'; export const parse = ${bodyOf(ofMini)}`,
    ),
  };
}

const bodyOf = (schema: () => unknown): string => `(${schema.toString()})()`;
