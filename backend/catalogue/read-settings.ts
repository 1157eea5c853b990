import { z } from 'zod';
import { group } from '../settings/fields.ts';
import { DATE_ORDERS, type ItemFile } from './files/item-file.ts';

const text = z.string().min(1);

/** How files of items are read. */
export const read = group({
  /** csv, tsv, jsonl or json (an array), where the file's name does not say it. */
  format: z
    .enum(['csv', 'tsv', 'jsonl', 'json'])
    .optional()
    .meta({ examples: ['csv'] }),
  /** Between the columns of a table; by default comma, semicolon or tab, as the header has it. */
  delimiter: text.optional().meta({ examples: [';'] }),
  /** The column of the id; by default `id`. */
  idColumn: text.optional().meta({ examples: ['sku'] }),
  /** Texts that are taken away from numbers. */
  strip: text.optional().meta({ examples: ['€ kg'] }),
  /** What marks decimals; the other of point and comma then groups thousands. */
  decimal: z
    .enum(['.', ','])
    .optional()
    .meta({ examples: [','] }),
  /** Dates that are in three columns: year, month and day. */
  date: z
    .array(z.strictObject({ column: text, from: z.array(text).length(3).readonly() }).readonly())
    .readonly()
    .optional()
    .meta({ examples: [[{ column: 'departure', from: ['year', 'month', 'day'] }]] }),
  /** How dates such as 05/06/2027 are written; without it they are refused. */
  dateOrder: z
    .enum(DATE_ORDERS)
    .optional()
    .meta({ examples: ['day-first'] }),
  /** What stands between the values of a set, by column; by default `|`. */
  sets: z
    .record(text, text)
    .readonly()
    .optional()
    .meta({ examples: [{ tags: ';' }] }),
  /** Further texts that mean a missing value. */
  missing: z
    .array(text)
    .readonly()
    .optional()
    .meta({ examples: [['-', 'TBD']] }),
  /** Whether rows with one id are one item, such as the variants of a product. */
  merge: z.boolean().default(false),
});

/** The fields that are set, as a reader of files takes them. */
export const itemFileOfSettings = (given: z.infer<typeof read>): ItemFile =>
  Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
