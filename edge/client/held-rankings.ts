import type { Device } from './device.ts';
import type { Ranked } from './types.ts';

/** A ranking that events may still be about. */
export interface HeldRanking {
  readonly id: string;
  readonly token: string;
  /** In the order in which they are shown; none of a ranking that came too late to be shown. */
  readonly items: readonly string[];
  /** Epoch ms by the edge's clock, of the ranking or of the last click in it. */
  readonly at: number;
}

const NAME = 'r:';
/** As long as tokens are valid by default. */
const KEEP_MS = 86_400_000;
const MOST = 50;

/**
 * The rankings of this page and, through the device, of those before it: an item's own page tells by them which ranking led to it.
 * @param now epoch ms by the edge's clock.
 */
export function heldRankings(device: Device, now: () => number) {
  const read = new Map<string, HeldRanking>();
  /** Shown by this page, the newest last. */
  const own: string[] = [];
  /** By item. */
  let ledHere: Record<string, string> = {};
  const get = (id: string): HeldRanking | undefined => {
    const text = read.has(id) ? undefined : device.get(NAME + id);
    if (text) read.set(id, JSON.parse(text));
    return read.get(id);
  };
  const write = (ranking: HeldRanking) => {
    read.set(ranking.id, ranking);
    device.set(NAME + ranking.id, JSON.stringify(ranking));
  };
  /** The last used first. */
  const all = () =>
    device
      .names(NAME)
      .map((id) => get(id)!)
      .toSorted((a, b) => b.at - a.at);
  const has = (itemId: string) => (ranking?: HeldRanking) =>
    ranking?.items.length && (!itemId || ranking.items.includes(itemId));
  /** This page's newest ranking that has the item. */
  const shown = (itemId = '') => own.map(get).toReversed().find(has(itemId));
  return {
    get,
    all,
    hold({ rankingId: id, token, at, items }: Ranked, isShown: boolean) {
      write({ id, token, at, items: isShown ? items.map((item) => item.id) : [] });
      if (isShown) own.push(id);
      all().forEach((held, i) => {
        if (i >= MOST || held.at < now() - KEEP_MS) device.remove(NAME + held.id);
      });
    },
    /** The ranking that led to what is clicked now is the one that its own page will mean. */
    use: (ranking: HeldRanking) => write({ ...ranking, at: now() }),
    shown,
    /**
     * What is shown; else the last used one of other pages when it was first asked for, which led here, whatever other tabs rank
     * meanwhile.
     */
    find: (itemId = ''): HeldRanking | undefined =>
      shown(itemId) ?? get((ledHere[itemId] ??= all().find(has(itemId))?.id ?? '')),
    clear() {
      read.clear();
      own.length = 0;
      ledHere = {};
    },
  };
}
export type HeldRankings = ReturnType<typeof heldRankings>;
