import type { ItemId } from '../../shared/domain/ids.ts';
import type { LearnedDays, LearnedMeasure } from '../../shared/features/columns/learned-columns.ts';
import type { Store } from '../store/open.ts';
import { readLearned, readLiveLearned } from './learned-parts.ts';

/** One measure of an item over one window. */
interface LearnedValue {
  readonly of: LearnedMeasure;
  readonly days: LearnedDays;
  /** Null where nothing is known. Of a catalogue with more than 255 different values it is the highest of its level. */
  readonly value: number | null;
  /** Of how many items it is lower, and of how many it is known. */
  readonly lower: number;
  readonly known: number;
}

/** What the live columns say of an item; undefined where there are none. Of an item that nobody was shown all is null. */
export async function readLearnedItem(
  store: Pick<Store, 'db'>,
  id: ItemId,
): Promise<
  { readonly hash: string; readonly at: number; readonly columns: LearnedValue[] } | undefined
> {
  const live = await readLiveLearned(store);
  const learned = live && (await readLearned(store, live.hash));
  if (learned === undefined) return undefined;
  const { ids, columns } = learned.columns;
  const row = ids.indexOf(id);
  return {
    hash: learned.hash,
    at: live!.at,
    columns: columns.map(({ of, days, levels, codes }) => {
      const code = row < 0 ? 0 : codes[row];
      return {
        of,
        days,
        value: code === 0 ? null : levels[code - 1],
        lower: codes.filter((other) => other > 0 && other < code).length,
        known: codes.filter((other) => other > 0).length,
      };
    }),
  };
}
