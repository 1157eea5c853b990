import { json } from '../../../backend/client/backend-client.ts';
import type { RolloutDecision } from '../../../backend/rollouts/rollout-decision.ts';
import { shownShare, type Stage } from '../../../backend/rollouts/steps.ts';
import { DEFAULT_ROLLOUT } from '../../../backend/rollouts/settings.ts';
import type { Version } from '../../../shared/domain/ids.ts';
import { followRollout } from '../demo/follow-rollout.ts';
import { decided } from '../demo/say.ts';
import { later, sumOf, type Seen } from '../demo/seen.ts';
import { fixedHorizon } from '../strata/decide-world.ts';
import { championOf, LIMIT_MS, servedScorerOf, trueGain, type Site, type Tastes } from './site.ts';

/** A challenger, and what became of it. */
export interface Trial {
  readonly what: string;
  readonly version: Version;
  /** Its true gain over the champion, relative, as both are served. */
  readonly gain: number;
  /** `undecided`: the visitors of the time that it was given were too few. */
  readonly end: 'champion' | 'withdrawn' | 'refused' | 'undecided';
  /** The largest share of the traffic that any step of its rollout shows it. */
  readonly mostShown: number;
  /** What visitors were answered while it was rolled out, and how much of that was its own. */
  readonly seen: { readonly all: number; readonly own: number };
  /** Rankings of a test of fixed horizon, which finds the smallest gain of interest. */
  readonly fixed: number;
  /** It never had its turn, although nothing was before it any more. */
  readonly isBlocked: boolean;
  readonly why: string;
}

const CHALLENGER = 'challenger';

/** What is known of a challenger before anybody is shown it. */
export interface Proposed extends Pick<Trial, 'what' | 'version' | 'gain' | 'fixed'> {
  readonly rollout: string;
  /** What visitors had seen by then. */
  readonly before: Seen;
}

type Known = Pick<Trial, 'what' | 'version' | 'gain' | 'fixed'>;

/** @param champion by which it is judged. */
export async function known(
  site: Site,
  tastes: Tastes,
  what: string,
  version: Version,
  champion: Version,
): Promise<Known> {
  const rate = await site.truth[tastes].served(await servedScorerOf(site, champion));
  const gain = await trueGain(site, tastes, version, champion);
  return { what, version, gain, fixed: fixedHorizon(rate) };
}

/** Without visitors: what the gate alone made of it. */
export const withoutVisitors = (about: Known, end: 'champion' | 'refused', why: string): Trial => ({
  ...about,
  end,
  why,
  mostShown: end === 'champion' ? 1 : 0,
  seen: { all: 0, own: 0 },
  isBlocked: false,
});

/** Rolls a version out as an operator may, whatever the gate would say. */
export async function propose(
  site: Site,
  tastes: Tastes,
  what: string,
  version: Version,
): Promise<Proposed> {
  const about = await known(site, tastes, what, version, await championOf(site));
  const { id } = await json(site.client.rollouts.$post({ json: { version, force: true } }));
  return { ...about, rollout: id, before: site.crowd.seen() };
}

/** Waits until its visitors have decided, or for as long as a rollout is given. */
export async function toItsEnd(site: Site, proposed: Proposed): Promise<Trial> {
  const { client, crowd, pace, signal, say } = site;
  const { rollout: id, before, ...about } = proposed;
  const tell = (decision: RolloutDecision) => say(`  ${decided(decision)}`);
  const last = crowd.sent().rankings + pace.rankingsPerRollout;
  const givesUp = () => crowd.sent().rankings >= last;
  await followRollout(client, id, tell, LIMIT_MS, signal, givesUp);
  const { stage: reached, endedAt } = await json(
    client.rollouts[':id'].$get({ param: { id }, query: {} }),
  );
  if (endedAt === null) await json(client.rollouts[':id'].withdraw.$post({ param: { id } }));
  const { decisions, why } = await json(client.rollouts[':id'].$get({ param: { id }, query: {} }));
  const seen = later(before, crowd.seen());
  const own = sumOf(seen, ({ experiment, arm }) => experiment === id && arm === CHALLENGER);
  return {
    ...about,
    end: endedAt === null ? 'undecided' : reached === 'champion' ? 'champion' : 'withdrawn',
    why: why ?? '',
    mostShown: Math.max(0, ...decisions.map(({ next }) => shown(next.stage))),
    seen: { all: sumOf(seen).rankings, own: own.rankings },
    isBlocked: endedAt === null && reached === 'candidate',
  };
}

const shown = (stage: Stage): number => shownShare(stage, DEFAULT_ROLLOUT.interleaveShare);
