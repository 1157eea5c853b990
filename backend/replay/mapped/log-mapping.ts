import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { ApiError, invalid } from '../../../shared/domain/errors.ts';
import { EVENT_TYPES } from '../../../shared/domain/event.ts';
import { messageOf } from '../../../shared/text/message-of.ts';
import { parseJson } from '../../table/parse-json.ts';
import { MAPPINGS, mappingNames } from './mapping-names.ts';

/**
 * A path to a value in a row: names with points between them. `params[session]` is the entry of a list whose `key` is that, and
 * a list in the middle of a path stands for all of its entries.
 */
const path = z.string().min(1);
/** Which rows: each path holds one of the values. */
const where = z.record(path, z.union([z.string(), z.array(z.string())]));

const logMapping = z.strictObject({
  about: z.string(),
  format: z.enum(['table', 'json']),
  at: z.strictObject({ path, unit: z.enum(['iso', 's', 'ms', 'us']) }),
  /** The first that a row has. */
  session: z.array(path).min(1),
  user: path.optional(),
  /** Rows that say which items were shown, in the order in which they were. */
  shown: z.strictObject({ where, id: path.optional(), items: path }).optional(),
  /** Rows of one shown item each: those with the same values of `list`, in one session, are one list, in the order of `position` or else of the rows. */
  impressions: z
    .strictObject({
      where,
      list: z.array(path).min(1),
      item: path,
      position: path.optional(),
      /** What the same row says was done with the item. */
      acted: z.array(z.strictObject({ where, type: z.enum(EVENT_TYPES) })).default([]),
    })
    .optional(),
  /** Rows that say what was done with items. */
  actions: z
    .array(
      z.strictObject({ where, items: path, type: z.enum(EVENT_TYPES), ranking: path.optional() }),
    )
    .default([]),
  /** Where nobody logged what was shown: what one user rated without a longer pause is one list, in no order. */
  sittings: z
    .strictObject({
      pauseMinutes: z.number().positive(),
      item: path,
      type: z.enum(EVENT_TYPES),
      when: z.union([
        z.strictObject({ path, atLeast: z.number() }),
        z.strictObject({ path, among: z.array(z.string()).min(1) }),
      ]),
    })
    .optional(),
});

export type LogMapping = z.infer<typeof logMapping>;

/**
 * @param given the name of one that comes with Trimtab, or the path of a file (it ends in `.json`).
 * @throws ApiError naming the mappings that there are, or what is wrong with the file.
 */
export function readLogMapping(given: string): LogMapping {
  const isFile = given.endsWith('.json');
  if (!isFile && !mappingNames().includes(given))
    throw new ApiError(
      400,
      'usage',
      `there is no mapping "${given}": take ${mappingNames().join(', ')}, or a file of your own that ends in .json`,
    );
  const file = isFile ? given : fileURLToPath(new URL(`${given}.json`, MAPPINGS));
  let text: string;
  try {
    text = readFileSync(file, 'utf8').replace(/^\uFEFF/, '');
  } catch (error) {
    throw new ApiError(400, 'no_file', `cannot read the mapping ${file}: ${messageOf(error)}`);
  }
  const read = logMapping.safeParse(parseJson(text));
  if (!read.success) throw invalid(`mapping ${file}: ${z.prettifyError(read.error)}`);
  const { shown, impressions, sittings } = read.data;
  if (shown === undefined && impressions === undefined && sittings === undefined)
    throw invalid(
      `mapping ${file} must say what was shown (shown, impressions), or what is one list (sittings)`,
    );
  return read.data;
}
