import type { LoggedSlate } from '../../backend/science/learn/logged-slate.ts';
import { packTrainingSet } from '../../backend/science/learn/training-set.ts';
import type { LearningWindow } from '../../backend/science/training/choose-window.ts';
import { versionOf } from '../../shared/domain/ids.ts';
import { seededRandom } from '../../shared/explore/random.ts';
import type { Scorer } from '../../shared/score/scorer.ts';
import { trueValues } from './circle/true-values.ts';
import { learnDirectly } from './learn-directly.ts';
import { drawClicks } from './strata/click-model.ts';
import { labelled, loggedSlate } from './strata/champion-log.ts';
import { served } from './strata/pool.ts';
import { asOf, drawWorld, RULES, STRATA, worldSeed } from './strata/world.ts';

/** So many rankings by the champion, and a training after them in direct mode. */
export interface LearnedRound {
  /** Rankings in which something was clicked. */
  readonly clicked: number;
  readonly window: LearningWindow;
  /** Of the way from the rules to the oracle of the day: what was learned, and the champion after the gate. */
  readonly learned: number;
  readonly champion: number;
}

export interface TurningStratum {
  readonly stratum: string;
  /** Per ranking, by the rules. */
  readonly clicks: number;
  readonly seed: number;
  readonly rankingsPerRound: number;
  /** Before tastes turn, and since. */
  readonly rounds: readonly [before: number, since: number];
}

/** A world of a stratum, whose visitors turn to other tastes. @returns the rounds before the turn and since. */
export async function turnStratum({
  stratum,
  clicks,
  seed,
  rankingsPerRound,
  rounds,
}: TurningStratum): Promise<readonly [LearnedRound[], LearnedRound[]]> {
  const world = drawWorld(STRATA[stratum], worldSeed(stratum, seed, 0), { clicks });
  const random = seededRandom(world.seed + 83);
  const log: LoggedSlate[] = [];
  let champion: Scorer = RULES;

  async function round(when: 'before' | 'now'): Promise<LearnedRound> {
    const first = log.length;
    const truth = await trueValues(asOf(world, when));
    let clicked = 0;
    for (const [i, who] of world.visits(rankingsPerRound, 97 + first).entries()) {
      const drawn = served(champion, world.table, who, world.seed + first + i);
      const own = drawClicks(world.model, world.appeal(drawn, when), random);
      if (own.includes(1)) clicked++;
      log.push(loggedSlate(champion, drawn, String(first + i), first + i, own));
    }
    const set = packTrainingSet(RULES.schema, log.map(labelled));
    const { scorer, gate, window } = await learnDirectly(set, log, champion);
    const learned: Scorer = { ...scorer, version: versionOf(log.length) };
    if (gate.verdict === 'promote') champion = learned;
    return {
      clicked,
      window,
      learned: await truth.share(learned),
      champion: await truth.share(champion),
    };
  }

  const lived: [LearnedRound[], LearnedRound[]] = [[], []];
  for (let i = 0; i < rounds[0]; i++) lived[0].push(await round('before'));
  for (let i = 0; i < rounds[1]; i++) lived[1].push(await round('now'));
  return lived;
}
