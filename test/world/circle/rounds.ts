import { json } from '../../../backend/client/backend-client.ts';
import { CliError } from '../../../backend/client/failure.ts';
import { RULES_VERSION, type Version } from '../../../shared/domain/ids.ts';
import { count } from '../../../shared/text/text.ts';
import { share } from '../demo/say.ts';
import { trained } from '../demo/trained.ts';
import { championOf, LIMIT_MS, rankings, servedScorerOf, type Site, type Tastes } from './site.ts';
import { known, toItsEnd, withoutVisitors, type Trial } from './trial.ts';

/** So many rankings, one training on what the window holds, and what came of what was learned; or a look in between. */
export interface Round {
  /** Rankings since tastes were last other ones. */
  readonly since: number;
  readonly champion: Version;
  /** Of the way from the rules to the oracle that the champion has gone, with what was learned from clicks since. */
  readonly share: number;
  /** Absent of looks in between, and where nothing could be learned. */
  readonly trial?: Trial;
}

/**
 * Rounds of learning until the champion has gone as much of the way as is asked, or until there were so many.
 * @param from rankings that were answered when tastes last turned.
 */
export async function rounds(
  site: Site,
  tastes: Tastes,
  { from, most, asked }: { readonly from: number; readonly most: number; readonly asked: number },
): Promise<Round[]> {
  const all: Round[] = [];
  const isThere = () => (all.at(-1)?.share ?? -Infinity) >= asked;
  const look = async (trial?: Trial) => {
    const since = site.crowd.sent().rankings - from;
    const champion = await championOf(site);
    const gone = await site.truth[tastes].share(await servedScorerOf(site, champion));
    site.say(
      `after ${count(since)} rankings ${champion} is champion, ${share(gone)} of the way from the rules to the oracle`,
    );
    all.push({ since, champion, share: gone, ...(trial && { trial }) });
  };
  const { rankingsPerRound, rankingsPerLook } = site.pace;
  for (let round = 0; round < most && !isThere(); round++) {
    const end = site.crowd.sent().rankings + rankingsPerRound;
    while (site.learnsOnline && site.crowd.sent().rankings + rankingsPerLook < end) {
      await rankings(site, rankingsPerLook);
      await look();
    }
    await rankings(site, Math.max(0, end - site.crowd.sent().rankings));
    await look(await learn(site, tastes));
  }
  return all;
}

/** One training, and where its gate says so, the rollout of what was learned. */
async function learn(site: Site, tastes: Tastes): Promise<Trial | undefined> {
  const { client, crowd, signal, say, mode } = site;
  const parent = await championOf(site);
  // In weeks of visits a training takes no time; here it would take thousands of them.
  const run = await crowd
    .waitFor(() => trained(client, 'learned', LIMIT_MS, signal))
    .catch((error: unknown) => {
      // Where too little was clicked, the backend says so instead of learning from it.
      if (!(error instanceof CliError)) throw error;
      say(`no training: ${error.message}`);
    });
  if (run === undefined) return undefined;
  const { gate, outcome } = run.progress;
  if (run.version === null || gate === undefined) {
    say(`the training ended as ${run.status}: ${run.error ?? outcome ?? ''}`);
    return undefined;
  }
  const version = run.version as Version;
  const about = await known(site, tastes, 'trained', version, parent);
  say(
    `${version} is learned, truly worth ${share(about.gain)} more than ${parent === RULES_VERSION ? 'the rules' : parent}. The gate: ${gate.verdict}, ${gate.reason}`,
  );
  const before = crowd.seen();
  const { rollouts } = await json(client.rollouts.$get({ query: {} }));
  const rollout = rollouts.find(({ challenger }) => challenger === version);
  if (rollout !== undefined) return toItsEnd(site, { ...about, rollout: rollout.id, before });
  const isLive = mode === 'direct' && run.progress.isGoingLive === true;
  return withoutVisitors(about, isLive ? 'champion' : 'refused', outcome ?? gate.reason);
}
