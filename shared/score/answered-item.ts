import type { ItemId } from '../domain/ids.ts';

/** An item of a slate as answers list it. */
export interface SlateItem {
  readonly id: ItemId;
  /** From 1, the top slot. */
  readonly position: number;
  /** Points. */
  readonly score: number;
  readonly propensity: number;
  /** Points that boosts added when it was drawn, beside its score; absent where they added none. */
  readonly boost?: number;
  /** It was put there, whatever its score. */
  readonly pinned?: true;
}

/** One named contribution to an item's score. All contributions of an item add up to its score exactly. */
export interface Reason {
  /** Of a learned cross both names, such as `status × difficulty`. */
  readonly feature: string;
  /** What the item's bucket means, for example `within budget`; of a cross both, behind the names of its features. */
  readonly because: string;
  readonly points: number;
  /**
   * Absent: the points that the first pass adds for the bucket. Otherwise a contribution of the re-ranker: by how
   * much its score of this item would fall if only this feature were missing. The rest of the re-ranker's score is
   * given as the reason `features together`.
   */
  readonly by?: 'forest' | 'mlp';
  /** Both in the language that the request asked for; absent where it asked for none. */
  readonly text?: { readonly feature: string; readonly because: string };
}

/** The same with the reasons of its score, where the request asked for them. */
export interface AnsweredItem extends SlateItem {
  readonly reasons?: readonly Reason[];
  /** Its prices by column, in the currency of the request, where it asked for them. */
  readonly amounts?: Readonly<Record<string, AnsweredAmount>>;
}

export interface AnsweredAmount {
  /** Rounded to the currency's smallest unit, half to even. */
  readonly amount: number;
  readonly currency: string;
  /** As the language of the request writes it. */
  readonly text: string;
}
