import { json, type BackendClient } from '../../../backend/client/backend-client.ts';
import { newestDeltas } from '../../../backend/runs/online/served-deltas.ts';
import { deltasFromBytes } from '../../../backend/science/learn/online/delta-bytes.ts';
import type { RolloutMode } from '../../../backend/rollouts/settings.ts';
import { RULES_VERSION, type Version } from '../../../shared/domain/ids.ts';
import { CHAMPION_ARM } from '../../../shared/domain/weight-delta.ts';
import { addDeltas } from '../../../shared/score/add-deltas.ts';
import { pointsOf, type Scorer } from '../../../shared/score/scorer.ts';
import { count } from '../../../shared/text/text.ts';
import { openDatabase } from '../../support/client.ts';
import { scorerInKv } from '../../support/stored-decisions.ts';
import type { Crowd } from '../demo/crowd.ts';
import type { System } from '../../support/system.ts';
import { within } from '../demo/within.ts';
import { RULES, type World } from '../strata/world.ts';
import type { TrueValues } from './true-values.ts';

/** Tastes that hold at first and again at the end, and those between. */
export type Tastes = 'before' | 'now';

export interface Pace {
  /** Between two trainings. */
  readonly rankingsPerRound: number;
  /** Where people are learned from as they click: how often it is looked how far what is served has come. */
  readonly rankingsPerLook: number;
  /** A rollout on which so many have not decided ends undecided: where 5 % are clicked, small gains take a hundred times as many. */
  readonly rankingsPerRollout: number;
}

export const PACE: Pace = {
  rankingsPerRound: 3000,
  rankingsPerLook: 500,
  rankingsPerRollout: 12_000,
};

/** A world whose visitors are served by the real system. */
export interface Site {
  readonly world: World;
  readonly mode: RolloutMode;
  readonly pace: Pace;
  /** Whether weights are learned as people click as well, as they are by default. */
  readonly learnsOnline: boolean;
  readonly system: System;
  readonly client: BackendClient;
  readonly crowd: Crowd;
  readonly truth: Readonly<Record<Tastes, TrueValues>>;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}

/** Only ends what hangs: how fast visitors are answered, and with it all else, is the machine's. */
export const LIMIT_MS = 1_200_000;

/** Waits until the visitors have been answered so many rankings more. */
export async function rankings({ crowd, signal }: Site, more: number): Promise<void> {
  const wanted = crowd.sent().rankings + more;
  await within(
    LIMIT_MS,
    `${count(more)} more rankings`,
    signal,
    () => crowd.sent().rankings >= wanted || undefined,
  );
}

export async function championOf({ client }: Site): Promise<Version> {
  const { weights } = await json(client.status.$get());
  if (weights === null) throw new Error('the backend says that nothing is live');
  return weights.version as Version;
}

/** The scorer of a version, as edges read it. */
export const scorerOf = async ({ system }: Site, version: Version): Promise<Scorer> =>
  version === RULES_VERSION ? RULES : scorerInKv(system, version);

/** The same with what was learned since from clicks, as its visitors are served it. */
export async function servedScorerOf(site: Site, version: Version): Promise<Scorer> {
  const published = await scorerOf(site, version);
  if (!site.learnsOnline) return published;
  const { db, close } = openDatabase(site.system);
  try {
    const { content } = await newestDeltas({ db }, CHAMPION_ARM, version);
    return addDeltas(published, deltasFromBytes(published.schema, content));
  } finally {
    close();
  }
}

/** Stores weights as an operator may give them. @returns their version. */
export async function give({ client }: Site, name: string, scorer: Scorer): Promise<Version> {
  const { version } = await json(
    client.weights.$post({ json: { name, points: pointsOf(scorer) } }),
  );
  return version as Version;
}

/** How much more a version earns than the champion, relative, both as they are served. */
export async function trueGain(
  site: Site,
  tastes: Tastes,
  version: Version,
  champion: Version,
): Promise<number> {
  const [one, other] = [await scorerOf(site, version), await servedScorerOf(site, champion)];
  const { served } = site.truth[tastes];
  return (await served(one)) / (await served(other)) - 1;
}
