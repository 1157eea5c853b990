import type { ItemId } from '../../domain/ids.ts';

/** The ids of a table by row. An array is one too. */
export interface ItemIds extends Iterable<ItemId> {
  readonly length: number;
  /** @returns undefined where there is no such row. */
  at(row: number): ItemId | undefined;
}
