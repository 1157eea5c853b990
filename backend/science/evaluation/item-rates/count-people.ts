import type { Examination } from './examination-of-slots.ts';
import { BOOKED, CLICKED, type ShownItems } from './shown-items.ts';

/** By item number. */
export interface PeopleCounts {
  /** How many people looked at it, each as likely as they did. */
  readonly looked: Float64Array;
  /** How many of them clicked, and booked. */
  readonly clicked: Float64Array;
  readonly booked: Float64Array;
}

/**
 * Counts people and not events: whoever was shown an item often, or clicked it ten thousand times, is one person who looked and
 * clicked. That is all that one of them can do to what is learned of an item. A person looked with probability 1 − Π (1 − θ), over
 * the slots at which they were shown the item.
 * @param after rankings after this moment count, epoch ms.
 */
export function countPeople(
  shown: ShownItems,
  examination: Examination,
  after: number,
): PeopleCounts {
  const { starts, item, slot, did, at } = shown;
  const items = shown.items.length;
  const counts = {
    looked: new Float64Array(items),
    clicked: new Float64Array(items),
    booked: new Float64Array(items),
  };
  for (const rankings of rankingsByPerson(shown, (ranking) => at[ranking] > after)) {
    const own = new Map<number, { unseen: number; did: number }>();
    for (const ranking of rankings)
      for (let row = starts[ranking]; row < starts[ranking + 1]; row++) {
        const before = own.get(item[row]) ?? { unseen: 1, did: 0 };
        own.set(item[row], {
          unseen: before.unseen * (1 - examination[Math.min(slot[row], examination.length - 1)]),
          did: before.did | did[row],
        });
      }
    for (const [number, { unseen, did: all }] of own) {
      counts.looked[number] += 1 - unseen;
      if ((all & CLICKED) !== 0) counts.clicked[number]++;
      if ((all & BOOKED) !== 0) counts.booked[number]++;
    }
  }
  return counts;
}

/** The rankings of each person, in order of time (a counting sort). */
function* rankingsByPerson(
  { person }: ShownItems,
  counts: (ranking: number) => boolean,
): Generator<Uint32Array> {
  const people = person.reduce((most, one) => Math.max(most, one + 1), 0);
  const starts = new Uint32Array(people + 1);
  const counted = Uint8Array.from(person, (_, ranking) => (counts(ranking) ? 1 : 0));
  person.forEach((one, ranking) => (starts[one + 1] += counted[ranking]));
  for (let one = 0; one < people; one++) starts[one + 1] += starts[one];
  const sorted = new Uint32Array(starts[people]);
  const next = starts.slice();
  person.forEach((one, ranking) => {
    if (counted[ranking] === 1) sorted[next[one]++] = ranking;
  });
  for (let one = 0; one < people; one++)
    if (starts[one + 1] > starts[one]) yield sorted.subarray(starts[one], starts[one + 1]);
}
