import { backendClient, json } from '../../../backend/client/backend-client.ts';
import type { RolloutMode } from '../../../backend/rollouts/settings.ts';
import { isUnseen } from '../../../backend/rollouts/steps.ts';
import { RULES_VERSION, type Version } from '../../../shared/domain/ids.ts';
import { seededRandom } from '../../../shared/explore/random.ts';
import { counted } from '../../../shared/text/text.ts';
import { putItems } from '../../support/client.ts';
import { startSystem } from '../../support/system.ts';
import { agreement } from '../demo/agreement.ts';
import { crowd } from '../demo/crowd.ts';
import { share } from '../demo/say.ts';
import { EDGE, SETTINGS } from '../demo/shortened.ts';
import { within } from '../demo/within.ts';
import { changedByHand } from '../strata/challengers.ts';
import { asOf, type World } from '../strata/world.ts';
import { TRIP_WISHES, tripWishes } from '../trip-wishes.ts';
import { rounds, type Round } from './rounds.ts';
import {
  championOf,
  give,
  LIMIT_MS,
  PACE,
  rankings,
  scorerOf,
  servedScorerOf,
  trueGain,
  type Site,
  type Tastes,
} from './site.ts';
import { trueValues } from './true-values.ts';
import { known, propose, toItsEnd, withoutVisitors, type Trial } from './trial.ts';
import { visitorsOf } from './visitors-of.ts';

/** What happened in one world, in one mode. */
export interface Lived {
  readonly world: World;
  readonly mode: RolloutMode;
  readonly learnsOnline: boolean;
  readonly truth: Site['truth'];
  readonly climb: readonly Round[];
  readonly recovery: readonly Round[];
  /** Where the champion stood when tastes had turned and nothing was learned yet: of the way to the new oracle. */
  readonly fallen: number;
  /** All challengers in order, trained and planted. */
  readonly trials: readonly Trial[];
  readonly rankings: number;
  /** How the system's own report differs from what its visitors were acknowledged; empty where it does not. */
  readonly disagreements: readonly string[];
}

const [CLIMBS, RECOVERIES] = [2, 3];
/** Of the way from the rules to the oracle: what 90 % of an oracle's gain is. */
const OF_ORACLE = 0.9;
/** Of what had been reached before, after a turn of tastes. */
export const COMES_BACK = 0.9;
/** A planted version is to be as bad as this, relative, for certain worse than what counts as such. */
const BAD = -0.1;
const DRAWS = 8;
const DIFFERENT_WISHES = 5000;
const [PER_SECOND, AT_ONCE] = [250, 12];

/**
 * A world lives through its story on the real system, over HTTP: it climbs from the rules by trainings, somebody rolls out worse
 * versions, tastes turn, it climbs again, and tastes turn back, so that the version of before is better again.
 */
export async function live(
  world: World,
  mode: RolloutMode,
  learnsOnline: boolean,
  say: (line: string) => void,
  pace = PACE,
): Promise<Lived> {
  const system = await startSystem({
    config: {
      ...SETTINGS,
      // Tastes are of its features.
      schema: TRIP_WISHES,
      // Trainings read all that was logged, so that what they learn does not depend on the machine's pace.
      training: { ...SETTINGS.training, windowDays: 1 },
      // Visitors come some ten times as fast as the default expects.
      onlineLearning: { enabled: learnsOnline, everySeconds: 1, cells: ['local'] },
      rollout: { ...SETTINGS.rollout, mode, schedule: '*/2 * * * * *' },
      watchEveryMs: 1000,
      kvSettleMs: 2500,
    },
    // What is done by the clock takes from what visitors get, and on a busy machine most of it.
    edgeEnv: { ...EDGE, SHIP_INTERVAL_MS: '2000', REFRESH_MS: '1000' },
  });
  const stop = new AbortController();
  try {
    await putItems(
      system,
      world.items.map(({ id, attributes }) => ({ id, ...attributes })),
    );
    const truth = {
      before: await trueValues(asOf(world, 'before')),
      now: await trueValues(asOf(world, 'now')),
    };
    const visitors = crowd(system, {
      table: world.table,
      schema: tripWishes,
      taste: visitorsOf(world, 'before'),
      wishes: world.visits(DIFFERENT_WISHES, 3).map(({ preferences }) => preferences),
      seed: world.seed,
      perSecond: PER_SECOND,
      atOnce: AT_ONCE,
    });
    visitors.ended.catch((error: unknown) => stop.abort(error));
    const client = backendClient({ backend: system.backend.url, key: system.keys.secretKey });
    const { signal } = stop;
    const site: Site = {
      world,
      mode,
      learnsOnline,
      pace,
      system,
      client,
      crowd: visitors,
      truth,
      signal,
      say,
    };
    try {
      return await story(site);
    } finally {
      await visitors.stop().catch(() => undefined);
    }
  } finally {
    await system.stop();
  }
}

async function story(site: Site): Promise<Lived> {
  const { world, mode, learnsOnline, truth, crowd: visitors, say } = site;
  const { before, now } = truth;
  say(
    `click-through of the rules ${share(before.rules)} of an oracle’s ${share(before.oracle)}, after the turn ${share(now.rules)} of ${share(now.oracle)}`,
  );
  const climb = await rounds(site, 'before', { from: 0, most: CLIMBS, asked: OF_ORACLE });
  const reached = climb.at(-1)!;
  const planted = [...(await plantWorse(site, 'before'))];

  visitors.turn(visitorsOf(world, 'now'));
  const fallen = await now.share(await servedScorerOf(site, await championOf(site)));
  say(`tastes turn: the champion is ${share(fallen)} of the way to the new oracle`);
  const asked = COMES_BACK * reached.share;
  const from = visitors.sent().rankings;
  const recovery = await rounds(site, 'now', { from, most: RECOVERIES, asked });

  visitors.turn(visitorsOf(world, 'before'));
  say('tastes turn back');
  planted.push(...(await plantBetter(site, 'before', reached.champion)));

  await visitors.stop();
  return {
    world,
    mode,
    learnsOnline,
    truth,
    climb,
    recovery,
    fallen,
    trials: [...[...climb, ...recovery].flatMap(({ trial }) => trial ?? []), ...planted],
    rankings: visitors.sent().rankings,
    disagreements: await disagreements(site),
  };
}

/** The champion changed by hand for the worse, and behind it in the queue the rules, which are worse since something was learned. */
async function plantWorse(site: Site, tastes: Tastes): Promise<Trial[]> {
  const { client, mode, say, signal } = site;
  const champion = await championOf(site);
  const worse = await give(site, 'a mistake', await drawWorse(site, tastes, champion));
  say(
    `${worse} is ${champion} changed by hand, truly ${share(await trueGain(site, tastes, worse, champion))}`,
  );
  const others = champion === RULES_VERSION ? [] : [RULES_VERSION];
  if (mode === 'direct') {
    await rankings(site, site.pace.rankingsPerRound / 2);
    const trials: Trial[] = [];
    for (const version of [worse, ...others])
      trials.push(await askTheGate(site, tastes, version === worse ? 'worse' : 'rules', version));
    return trials;
  }
  const first = await propose(site, tastes, 'worse', worse);
  // What nobody was shown yet would be replaced by the next one, and not wait for its turn behind it.
  await within(LIMIT_MS, `visitors are shown ${worse}`, signal, async () => {
    const param = { id: first.rollout };
    const { stage } = await json(client.rollouts[':id'].$get({ param, query: {} }));
    return !isUnseen(stage) || stage === 'withdrawn' || undefined;
  });
  const behind = await Promise.all(
    others.map((version) => propose(site, tastes, 'rules', version)),
  );
  const trials = [await toItsEnd(site, first)];
  for (const next of behind) trials.push(await toItsEnd(site, next));
  return trials;
}

/** Weights moved by hand until they are as bad as is wanted; the worst of those drawn where none is. */
async function drawWorse(site: Site, tastes: Tastes, version: Version) {
  const random = seededRandom(site.world.seed + 71);
  const champion = await scorerOf(site, version);
  const { served } = site.truth[tastes];
  const base = await served(champion);
  let [worst, least] = [champion, 0];
  for (let draw = 0; draw < DRAWS && least > BAD; draw++) {
    const drawn = changedByHand(champion, random);
    const gain = (await served(drawn)) / base - 1;
    if (gain < least) [worst, least] = [drawn, gain];
  }
  return worst;
}

/** An operator remembers the version that was champion while people liked what they like again. */
async function plantBetter(site: Site, tastes: Tastes, version: Version): Promise<Trial[]> {
  const { client, mode, say } = site;
  const champion = await championOf(site);
  if (version === champion) return [];
  say(`${version} is back, truly ${share(await trueGain(site, tastes, version, champion))}`);
  if (mode === 'staged')
    return [await toItsEnd(site, await propose(site, tastes, 'better', version))];
  const from = Date.now();
  await rankings(site, site.pace.rankingsPerRound);
  const trial = await askTheGate(site, tastes, 'better', version, from);
  if (trial.end === 'champion')
    await json(client.weights[':version'].promote.$post({ param: { version }, query: {} }));
  return [trial];
}

/** In direct mode an operator asks the gate, which judges by the log alone. */
async function askTheGate(
  site: Site,
  tastes: Tastes,
  what: string,
  version: Version,
  from?: number,
): Promise<Trial> {
  const { client, crowd: visitors, say } = site;
  const about = await known(site, tastes, what, version, await championOf(site));
  const { gate } = await visitors.waitFor(() =>
    json(
      client.weights[':version'].evaluate.$post({
        param: { version },
        json: { ...(from !== undefined && { from }) },
      }),
    ),
  );
  say(`the gate on ${version}: ${gate.verdict}, ${gate.reason}`);
  return withoutVisitors(about, gate.verdict === 'promote' ? 'champion' : 'refused', gate.reason);
}

/** What the system reports against what its visitors counted, and its decisions against themselves. */
async function disagreements(site: Site): Promise<string[]> {
  const { client } = site;
  const reported = await agreement({ ...site, plan: { limitMs: LIMIT_MS } });
  const found = reported
    .filter(({ visitors, system }) => visitors.join() !== system.join())
    .map(
      ({ version, visitors, system }) =>
        `of ${version} the system reports ${system.join(' rankings, clicked ')}, its visitors ${visitors.join(' and ')}`,
    );
  const { rollouts } = await json(client.rollouts.$get({ query: {} }));
  for (const { id } of rollouts) {
    const { problem } = await json(client.rollouts[':id'].replay.$get({ param: { id } }));
    if (problem !== null) found.push(`the decisions of ${id} come out otherwise: ${problem}`);
  }
  site.say(`${counted(reported.length, 'version')} compared, ${found.length} disagree`);
  return found;
}
