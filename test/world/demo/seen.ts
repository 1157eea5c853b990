import type { Version } from '../../../shared/domain/ids.ts';
import { EMPTY, plus, since, type Tally } from './outcome.ts';
import type { Behaviour } from './behaviour.ts';

/** Rankings that are alike in what they were answered with and in what their visitors like. */
export interface Alike {
  readonly taste: Behaviour;
  readonly version: Version;
  /** Of a ranking that an experiment or a canary took. */
  readonly experiment?: string;
  readonly arm?: string;
}

/** By `experiment`, `arm`, version and taste, what the visitors themselves counted. */
export type Seen = ReadonlyMap<string, Alike & { readonly tally: Tally }>;

const keyOf = ({ taste, version, experiment, arm }: Alike) =>
  [taste.name, version, experiment, arm].join(' ');

export function add(seen: Seen, alike: Alike, tally: Tally): Seen {
  const key = keyOf(alike);
  return new Map(seen).set(key, { ...alike, tally: plus(seen.get(key)?.tally ?? EMPTY, tally) });
}

/** What came after an earlier reading. */
export const later = (before: Seen, after: Seen): Seen =>
  new Map(
    [...after]
      .map(
        ([key, group]) =>
          [key, { ...group, tally: since(group.tally, before.get(key)?.tally ?? EMPTY) }] as const,
      )
      .filter(([, { tally }]) => tally.rankings > 0),
  );

/** The sum of those that are meant. */
export const sumOf = (seen: Seen, isMeant: (one: Alike) => boolean = () => true): Tally =>
  [...seen.values()].filter(isMeant).reduce((sum, { tally }) => plus(sum, tally), EMPTY);

/** Served by this version alone, as the champion of everybody: in no canary, and not interleaved. */
export const ranksAlone =
  (version: Version, taste: Behaviour) =>
  (one: Alike): boolean =>
    one.version === version && one.taste === taste && one.experiment === undefined;
