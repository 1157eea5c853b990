import { invalid } from '../../../shared/domain/errors.ts';
import type { Question, Row } from './guess.ts';

/** Names of columns that identify an item, the surest first. */
const NAMES: readonly RegExp[] = [
  /^id$/i,
  /^(item|product|article|job|trip|tour|offer|listing|property|hotel|movie|course|event|recipe|vacancy)[ _-]?id$/i,
  /^(sku|handle|asin|isbn|uuid|guid|slug)$/i,
  /[ _-]id$|[a-z]I[dD]$/i,
  /(^|[ _-])(sku|gtin|ean|upc|code|ref|reference|number|no)$/i,
];

/** As ids are taken: printable and without spaces. */
const ID = /^[\x21-\x7e\u00a1-\uffff]{1,128}$/;

interface Candidate {
  readonly name: string;
  /** Index into `NAMES`; their count where no name fits. */
  readonly rank: number;
  readonly distinct: number;
}

export interface IdGuess {
  readonly idColumn: string;
  /** Whether rows with one id are one item, such as the variants of a product. */
  readonly merge: boolean;
  readonly question?: Question;
}

/**
 * The column that tells items apart. Its name decides among those whose values all differ; a column that is named like an id and
 * repeats is one of variants.
 * @throws ApiError 400 where no column can be it.
 */
export function guessId(header: readonly string[], rows: readonly Row[]): IdGuess {
  const candidates = header.flatMap((name): Candidate[] => {
    const values = rows.map((row) => textOf(row[name]));
    if (!values.every((value) => value !== undefined && ID.test(value))) return [];
    const rank = NAMES.findIndex((pattern) => pattern.test(name));
    return [
      { name, rank: rank < 0 ? NAMES.length : rank, distinct: new Set(values.map(String)).size },
    ];
  });
  const byName = candidates.toSorted((a, b) => a.rank - b.rank);
  const unique = byName.filter(({ distinct }) => distinct === rows.length);
  const named = unique.find(({ rank }) => rank < NAMES.length);
  if (named !== undefined) return { idColumn: named.name, merge: false };
  const ofVariants = byName.find(({ rank, distinct }) => rank < NAMES.length && distinct > 1);
  if (ofVariants !== undefined) return { idColumn: ofVariants.name, merge: true };
  if (unique.length === 0)
    throw invalid(
      `no column is different in every row, and none is named like an id, so items cannot be told apart: name it with --id-column; the columns are ${header.join(', ')}`,
    );
  const [{ name }] = unique;
  return {
    idColumn: name,
    merge: false,
    ...(unique.length > 1 && {
      question: {
        option: 'idColumn',
        text: 'Which column identifies an item?',
        choices: unique.map((one) => ({ value: one.name, meaning: 'different in every row' })),
        otherwise: name,
      },
    }),
  };
}

const textOf = (value: unknown): string | undefined =>
  typeof value === 'number'
    ? String(value)
    : typeof value === 'string' && value.trim() !== ''
      ? value.trim()
      : undefined;
