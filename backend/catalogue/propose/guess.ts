import type { ItemFile } from '../files/item-file.ts';

export type Row = Readonly<Record<string, unknown>>;
/** Value → how many rows have it. */
export type Counts = ReadonlyMap<string, number>;

/** What a column of a file holds, as far as a sample of its rows tells. */
export type ColumnGuess =
  | { readonly type: 'id' }
  /** @property unit what stands beside the digits, such as `€`. */
  | { readonly type: 'number'; readonly values: readonly number[]; readonly unit?: string }
  /** Epoch ms. */
  | { readonly type: 'date'; readonly values: readonly number[] }
  | { readonly type: 'set'; readonly counts: Counts; readonly separator?: string }
  | { readonly type: 'category'; readonly counts: Counts }
  | { readonly type: 'embedding'; readonly dimensions: number }
  /** Nothing to rank by, and why. It is stored with the item all the same. */
  | { readonly type: 'none'; readonly why: string };

export interface GuessedColumn {
  readonly name: string;
  readonly guess: ColumnGuess;
  /** A value of it, as it is written. */
  readonly example: string;
}

/** What the rows do not tell, and a person does. */
export interface Question {
  /** The option of `ItemFile` that the answer is. */
  readonly option: 'idColumn' | 'decimal' | 'dateOrder';
  readonly text: string;
  readonly choices: readonly { readonly value: string; readonly meaning: string }[];
  /** The choice that is taken where nobody is asked. */
  readonly otherwise: string;
}

export interface Guess {
  /** How the file is to be read. */
  readonly file: ItemFile;
  readonly columns: readonly GuessedColumn[];
  /** To be answered in `given`, and guessed again. */
  readonly open: readonly Question[];
}
