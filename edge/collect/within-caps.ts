import type { EventEntry } from '../platform/durable-objects.ts';
import type { EventCaps } from '../platform/settings.ts';

/** How many events of a ranking there are of one kind; of all kinds where `kind` is empty. */
export interface EventCount {
  readonly rankingId: string;
  readonly kind: string;
  readonly events: number;
}

/**
 * Which of the events that arrived are over a cap. All are counted in one go; only where that is more than a cap is it
 * told event by event, first come, first stored, which of them fit.
 * @param arrived places in `events`. @param count adds to the stored counts and returns what they come to.
 * @returns the places of what is too many, and what to add to the counts so that only what fits is counted.
 */
export function withinCaps(
  events: readonly EventEntry[],
  arrived: readonly number[],
  { perRanking, perItemAndType }: EventCaps,
  count: (counts: readonly EventCount[]) => readonly EventCount[],
): { tooMany: number[]; corrections: EventCount[] } {
  const added = new Map<string, Map<string, number>>();
  for (const i of arrived) {
    const { rankingId, kind } = events[i];
    const ofRanking = added.get(rankingId) ?? new Map<string, number>([[ALL, 0]]);
    added.set(rankingId, ofRanking);
    for (const one of [ALL, kind]) ofRanking.set(one, (ofRanking.get(one) ?? 0) + 1);
  }
  /** How many more there may be, as if none of these had been added. */
  const room = new Map<string, Map<string, number>>();
  let isOver = false;
  for (const { rankingId, kind, events: total } of count(listed(added))) {
    const most = kind === ALL ? perRanking : perItemAndType;
    if (total > most) isOver = true;
    const ofRanking = room.get(rankingId) ?? new Map<string, number>();
    room.set(rankingId, ofRanking.set(kind, most - total + added.get(rankingId)!.get(kind)!));
  }
  const tooMany: number[] = [];
  if (!isOver) return { tooMany, corrections: [] };
  const removed = new Map<string, Map<string, number>>();
  for (const i of arrived) {
    const { rankingId, kind } = events[i];
    const left = room.get(rankingId)!;
    const fits = left.get(ALL)! > 0 && left.get(kind)! > 0;
    if (!fits) tooMany.push(i);
    const changed = fits ? left : (removed.get(rankingId) ?? new Map<string, number>());
    if (!fits) removed.set(rankingId, changed);
    for (const one of [ALL, kind]) changed.set(one, (changed.get(one) ?? 0) - 1);
  }
  return { tooMany, corrections: listed(removed) };
}

const ALL = '';

const listed = (counts: ReadonlyMap<string, ReadonlyMap<string, number>>): EventCount[] =>
  [...counts].flatMap(([rankingId, ofRanking]) =>
    [...ofRanking].map(([kind, events]) => ({ rankingId, kind, events })),
  );
