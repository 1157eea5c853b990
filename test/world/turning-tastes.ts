import type { LearningWindow } from '../../backend/science/training/choose-window.ts';
import type { LoggedSlate } from '../../backend/science/learn/logged-slate.ts';
import { packTrainingSet } from '../../backend/science/learn/training-set.ts';
import type { ExplorationSpec } from '../../shared/domain/exploration.ts';
import { RULES_VERSION, versionOf } from '../../shared/domain/ids.ts';
import type { Visit } from '../../shared/domain/rank-request.ts';
import { packItems } from '../../shared/features/columns/item-table.ts';
import type { Item } from '../../shared/domain/item.ts';
import type { Schema } from '../../shared/features/schema.ts';
import { smarttrip } from '../../shared/features/smarttrip.ts';
import { tripWishes } from './trip-wishes.ts';
import { tripsInFull, visitsInFull } from './trip-visitors.ts';
import { unlearned } from '../../shared/score/posterior.ts';
import { rankable, type RankableTable } from '../../shared/score/rankable.ts';
import { additiveFromPoints, type Scorer } from '../../shared/score/scorer.ts';
import { makeTrips, makeVisits, NOW_MS } from '../bench/support/trips.ts';
import { hiddenTaste, show, type HiddenTaste } from './hidden-taste.ts';
import { learnDirectly } from './learn-directly.ts';
import { labelled, loggedSlate } from './strata/champion-log.ts';
import { served } from './strata/pool.ts';

/** Visits of no log, by which a scorer's worth is known. */
const FRESH_VISITS = 400;

export interface Turn {
  readonly items: number;
  readonly rankingsPerRound: number;
  /** Rounds to reach it at most, before the turn and after. */
  readonly rounds: number;
  /** Of the way from the rules to the oracle. */
  readonly share: number;
  /** How the site explores. */
  readonly exploration?: ExplorationSpec;
  readonly kind?: SiteKind;
}

export interface Round {
  /** Of the way from the rules to the oracle of the day, at its end. */
  readonly share: number;
  readonly verdict: string;
  readonly reason: string;
  readonly window: LearningWindow;
  /** What was earned while this round was served, all costs of exploring included, of the same way. */
  readonly earned: number;
  /** Rankings since tastes were last other ones. */
  readonly since: number;
}

export interface Turned {
  readonly climb: readonly Round[];
  readonly recovery: readonly Round[];
}

/** What trips and visitors say of themselves: all that the first default schema read, or all that the default one reads. */
export interface SiteKind {
  readonly schema: Schema;
  readonly trips: (count: number, seed: number) => Item[];
  readonly visits: (count: number, seed: number) => Visit[];
}

export const WISHES: SiteKind = { schema: tripWishes, trips: makeTrips, visits: makeVisits };
export const IN_FULL: SiteKind = { schema: smarttrip, trips: tripsInFull, visits: visitsInFull };

const rulesOf = (schema: Schema, exploration: ExplorationSpec): Scorer =>
  additiveFromPoints(schema, schema.rules, {
    version: RULES_VERSION,
    name: 'rules',
    exploration,
    posterior: unlearned(schema, exploration),
  });

interface Site {
  readonly seed: number;
  readonly kind: SiteKind;
  readonly table: RankableTable;
  readonly fresh: readonly Visit[];
}

/**
 * A site that learns by itself: a round is so many rankings by the champion and then one training on all that was logged, which
 * the gate alone makes champion. When the champion has gone most of the way, visitors turn to other tastes, and the rounds go on.
 */
export async function turnTastes(seed: number, turn: Turn): Promise<Turned> {
  const { kind = WISHES } = turn;
  const { schema } = kind;
  const site: Site = {
    seed: seed * 1_000_000,
    kind,
    table: rankable(packItems(schema.columns, kind.trips(turn.items, seed))),
    fresh: kind.visits(FRESH_VISITS, seed * 1_000_000 + 1),
  };
  const log: LoggedSlate[] = [];
  const before = await approach(
    site,
    hiddenTaste(seed * 2, { orderly: true, schema }),
    rulesOf(schema, turn.exploration ?? schema.exploration),
    log,
    turn,
  );
  const after = await approach(
    site,
    hiddenTaste(seed * 2 + 1, { orderly: true, schema }),
    before.champion,
    log,
    turn,
  );
  return { climb: before.rounds, recovery: after.rounds };
}

/** Rounds until the champion has gone the asked share of the way. */
async function approach(
  site: Site,
  taste: HiddenTaste,
  from: Scorer,
  log: LoggedSlate[],
  { rankingsPerRound, rounds: most, share: asked }: Turn,
): Promise<{ readonly champion: Scorer; readonly rounds: readonly Round[] }> {
  const { schema, exploration } = from;
  const [low, high] = [rulesOf(schema, exploration), taste.oracle].map((scorer) =>
    worth(scorer, taste, site),
  );
  const rounds: Round[] = [];
  const earlier = log.length;
  let champion = from;
  while (rounds.length < most && !((rounds.at(-1)?.share ?? 0) >= asked)) {
    const clicks = visit(site, taste, champion, rankingsPerRound, log);
    const { scorer, gate, window } = await learnDirectly(
      packTrainingSet(schema, log.map(labelled)),
      log,
      champion,
    );
    if (gate.verdict === 'promote')
      champion = { ...scorer, version: versionOf(log.length / rankingsPerRound) };
    const share = (worth(champion, taste, site) - low) / (high - low);
    rounds.push({
      share,
      earned: (clicks / rankingsPerRound - low) / (high - low),
      verdict: gate.verdict,
      reason: gate.reason,
      window,
      since: log.length - earlier,
    });
  }
  return { champion, rounds };
}

/**
 * Rankings by the champion, one session each, no two of which ask for the same.
 * @returns the clicks that were to be expected.
 */
function visit(
  { seed, table, kind }: Site,
  taste: HiddenTaste,
  champion: Scorer,
  rankings: number,
  log: LoggedSlate[],
): number {
  const first = log.length;
  let expected = 0;
  for (const [i, who] of kind.visits(rankings, seed + 2 + first).entries()) {
    const drawn = served(champion, table, who, seed + first + i);
    for (const rate of taste.expected(drawn.codes, drawn.slots)) expected += rate;
    const clicks = taste.clicks(drawn.codes, drawn.slots);
    log.push(loggedSlate(champion, drawn, String(first + i), first + i, clicks));
  }
  return expected;
}

/** Clicks per ranking that a scorer earns where it does not explore. */
function worth(scorer: Scorer, taste: HiddenTaste, { seed, table, fresh }: Site): number {
  let sum = 0;
  for (const [i, who] of fresh.entries()) {
    const { ids, codes } = show(scorer, table, who, {
      seed: seed + i,
      nowMs: NOW_MS,
      explores: false,
    });
    for (const clicks of taste.expected(codes, ids.length)) sum += clicks;
  }
  return sum / fresh.length;
}
