import { backendClient, json, type BackendClient } from '../../../backend/client/backend-client.ts';
import { RULES_VERSION, type Version } from '../../../shared/domain/ids.ts';
import { count } from '../../../shared/text/text.ts';
import type { Crowd } from './crowd.ts';
import { agreement, type Agreement } from './agreement.ts';
import { followRollout, type Followed } from './follow-rollout.ts';
import { learn } from './learn.ts';
import type { Narrator } from './narrator.ts';
import { figuresOf } from './outcome.ts';
import { resultRows, type ResultRow } from './results.ts';
import { runTrimtab } from './run-trimtab.ts';
import { decided, lift, share } from './say.ts';
import { later, ranksAlone, sumOf, type Seen } from './seen.ts';
import type { DemoSystem } from './system.ts';
import type { Taste } from './taste.ts';
import type { Truth } from './truth.ts';
import { whatChanged } from './what-changed.ts';
import { within } from './within.ts';

export interface Stage {
  readonly system: DemoSystem;
  readonly crowd: Crowd;
  /** What the visitors like at first, and after the turn. */
  readonly tastes: { readonly before: Taste; readonly after: Taste };
  readonly truth: Truth;
  readonly narrator: Narrator;
  readonly signal: AbortSignal;
}

export interface Plan {
  /** Rankings that are logged before a training. */
  readonly toLearn: number;
  /** Rankings of a version before its click-through is told. */
  readonly toTell: number;
  /** What a training looks back on: after the turn all of it is to be of the new taste. */
  readonly windowMs: number;
  /** The longest that any step may take. */
  readonly limitMs: number;
}

/** What happened, for whoever checks it. */
export interface Told {
  readonly learned: Version;
  readonly relearned: Version;
  readonly bad: Version;
  readonly rollouts: {
    readonly first: Followed;
    readonly second: Followed;
    readonly bad: Followed;
  };
  /** What the visitors saw while the bad version was rolled out, and after it was withdrawn. */
  readonly duringBad: Seen;
  /** What they saw once the operator's rollback had reached the edge, until it was released. */
  readonly rolledBack: Seen;
  readonly results: readonly ResultRow[];
  readonly agreement: readonly Agreement[];
}

export interface Teller extends Stage {
  readonly client: BackendClient;
  readonly plan: Plan;
}

/** The whole story, in order; each step is told when the system and its visitors have made it true. @throws Missed */
export async function tellStory(stage: Stage, plan: Plan): Promise<Told> {
  const { system, crowd, tastes, narrator } = stage;
  const client = backendClient({ backend: system.backend.url, key: system.keys.secretKey });
  const teller: Teller = { ...stage, client, plan };

  narrator.step('The rules rank');
  await tellClicks(teller, RULES_VERSION, tastes.before);
  await tellOracle(teller, tastes.before);

  narrator.step('The first weights are learned');
  const learned = await learn(teller, 'learned');
  narrator.lines(await whatChanged(teller, learned.version, tastes.before));
  const first = await rollOut(teller, learned.rollout);
  await tellClicks(teller, learned.version, tastes.before);

  narrator.step('The visitors’ tastes turn');
  crowd.turn(tastes.after);
  const turnedMs = performance.now();
  await tellClicks(teller, learned.version, tastes.after);
  await tellOracle(teller, tastes.after);

  narrator.step('It learns again');
  const relearned = await learn(teller, 'learned again', turnedMs + plan.windowMs);
  const second = await rollOut(teller, relearned.rollout);
  await tellClicks(teller, relearned.version, tastes.after);

  narrator.step('Somebody rolls out a bad version by mistake');
  const { bad, followed, seen: duringBad } = await plantBadVersion(teller, relearned.version);

  narrator.step('An operator goes back to the rules');
  await operate(teller, 'rollback', RULES_VERSION);
  await untilAllSee(teller, RULES_VERSION);
  const atRollback = crowd.seen();
  await tellClicks(teller, RULES_VERSION, tastes.after);
  const rolledBack = later(atRollback, crowd.seen());
  await operate(teller, 'release');
  await operate(teller, 'promote', relearned.version);
  await untilAllSee(teller, relearned.version);
  narrator.line(`All visitors are ranked by ${relearned.version} again.`);

  await crowd.stop();
  const versions = { learned: learned.version, relearned: relearned.version };
  return {
    ...versions,
    bad,
    rollouts: { first, second, bad: followed },
    duringBad,
    rolledBack,
    results: await resultRows(teller, versions),
    agreement: await agreement(teller),
  };
}

/** Waits for so many rankings by a version alone from now on, and tells how often they are clicked. */
async function tellClicks(
  { crowd, truth, narrator, signal, plan }: Teller,
  version: Version,
  taste: Taste,
): Promise<void> {
  const before = crowd.seen();
  const { rankings, happened } = await within(
    plan.limitMs,
    `${count(plan.toTell)} rankings by ${version}`,
    signal,
    () => {
      const tally = sumOf(later(before, crowd.seen()), ranksAlone(version, taste));
      return tally.rankings >= plan.toTell ? tally : undefined;
    },
  );
  const { clickThrough } = await truth(version, taste);
  narrator.line(
    `${version}: ${share(figuresOf(happened, rankings).clickThrough)} of ${count(rankings)} rankings are clicked; by what these visitors like, it is ${share(clickThrough)}.`,
  );
}

async function tellOracle({ truth, narrator }: Teller, taste: Taste): Promise<void> {
  const [rules, oracle] = [await truth(RULES_VERSION, taste), await truth('oracle', taste)];
  narrator.line(
    `An oracle, which knows what they like, would get ${share(oracle.clickThrough)} (the rules ${share(rules.clickThrough)}, which is ${lift(oracle.clickThrough, rules.clickThrough)}).`,
  );
}

const rollOut = ({ client, narrator, signal, plan }: Teller, id: string): Promise<Followed> =>
  followRollout(client, id, (one) => narrator.line(decided(one)), plan.limitMs, signal);

/** The best weights upside down, rolled out by hand whatever the gate would say. */
async function plantBadVersion(teller: Teller, good: Version) {
  const { client, crowd, narrator } = teller;
  const { points } = await json(client.weights[':version'].$get({ param: { version: good } }));
  const turned = Object.fromEntries(
    Object.entries(points).map(([feature, values]) => [feature, values.map((value) => -value)]),
  );
  const { version } = await json(
    client.weights.$post({ json: { name: 'a mistake', points: turned } }),
  );
  const bad = version as Version;
  narrator.line(`${bad} is ${good} with every sign turned; nobody asks the gate.`);
  const before = crowd.seen();
  const { id } = await json(client.rollouts.$post({ json: { version: bad, force: true } }));
  const followed = await rollOut(teller, id);
  const seen = later(before, crowd.seen());
  const shown = sumOf(seen, ({ experiment, arm }) => experiment === id && arm === CHALLENGER);
  const all = sumOf(seen);
  narrator.line(
    `Of what ${count(all.rankings)} visitors saw meanwhile, ${share(shown.rankings / all.rankings)} was its own: an interleaved slate counts half.`,
  );
  return { bad, followed, seen };
}

/** Of two arms that a rollout's visitors are split into; so are those whose slates are interleaved, although they see the same. */
const CHALLENGER = 'challenger';

async function operate({ system, narrator, signal }: Teller, ...args: string[]): Promise<void> {
  narrator.line(`$ npx trimtab ${args.join(' ')}`);
  await runTrimtab(system, args, signal);
}

/** Until so many in a row are answered by this version and by no other. */
async function untilAllSee({ crowd, signal, plan }: Teller, version: Version): Promise<void> {
  let last = crowd.seen();
  await within(plan.limitMs, `all visitors are ranked by ${version}`, signal, () => {
    const seen = crowd.seen();
    const newest = later(last, seen);
    const { rankings } = sumOf(newest);
    if (rankings < IN_A_ROW) return undefined;
    last = seen;
    return sumOf(newest, (one) => one.version === version).rankings === rankings || undefined;
  });
}

const IN_A_ROW = 100;
