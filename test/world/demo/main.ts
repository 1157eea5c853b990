import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { demoCatalogue } from '../../../backend/catalogue/demo.ts';
import { stopSignal } from '../../../backend/client/stop-signal.ts';
import { packItems } from '../../../shared/features/columns/item-table.ts';
import { smarttrip } from '../../../shared/features/smarttrip.ts';
import { rankable } from '../../../shared/score/rankable.ts';
import { count } from '../../../shared/text/text.ts';
import { messageOf } from '../../../shared/text/message-of.ts';
import { call, liveAtEdge } from '../../support/client.ts';
import { asItem } from '../../support/stored-decisions.ts';
import { crowd } from './crowd.ts';
import { narrator } from './narrator.ts';
import { resultsText } from './results.ts';
import { SAID, WINDOW_MS } from './shortened.ts';
import { start } from './start.ts';
import { tellStory } from './story.ts';
import { ADVENTURERS, PLANNERS, taste } from './taste.ts';
import { freshVisits } from './true-value.ts';
import { truthOf } from './truth.ts';
import type { DemoSystem } from './system.ts';
import { wishesOf } from './wishes.ts';
import { Missed, within } from './within.ts';

const SEED = 7;
const TRIPS = 10_000;
const VISITORS_PER_SECOND = 250;
/** Different ones; visitors take them in turn. */
const WISHES = 5000;
const FRESH_VISITS = 400;
const PLAN = { toLearn: 2500, toTell: 1500, windowMs: WINDOW_MS, limitMs: 120_000 };

/** Why the rest is stopped: by a person, or because the story is over. */
const STOPPED = 'stopped';
const OVER = 'over';
const PART = 5000;

const stop = new AbortController();
stopSignal().addEventListener('abort', () => stop.abort(new Error(STOPPED)));
const directory = await mkdtemp(join(tmpdir(), 'trimtab-demo-'));
const logFile = join(directory, 'demo.log');
const told = narrator(process.stdout);
try {
  await run();
  await remove();
} catch (error) {
  const isStopped = stop.signal.aborted && messageOf(stop.signal.reason) === STOPPED;
  if (isStopped) await remove();
  told.block(isStopped ? 'Stopped, and nothing is left of it.' : problemOf(error));
  process.exitCode = 1;
}

async function run(): Promise<void> {
  told.block(
    [
      `Edge and backend start in ${directory}, where ${logFile} has what they print.`,
      `${count(TRIPS)} trips; up to ${VISITORS_PER_SECOND} visitors a second, who like what nobody tells the system.`,
      ...SAID.map((line) => `- ${line}`),
    ].join('\n'),
  );
  const system = await start(directory, logFile, stop.signal);
  try {
    const nowMs = Date.now();
    const trips = demoCatalogue(TRIPS, SEED, nowMs);
    await publish(system, trips);
    const table = rankable(packItems(smarttrip.columns, trips.map(asItem)));
    const tastes = {
      before: taste('before', PLANNERS, SEED),
      after: taste('after the turn', ADVENTURERS, SEED + 1),
    };
    const visitors = crowd(system, {
      table,
      taste: tastes.before,
      wishes: wishesOf(WISHES, SEED),
      seed: SEED,
      perSecond: VISITORS_PER_SECOND,
      atOnce: 16,
    });
    visitors.ended.catch((error: unknown) => stop.abort(error));
    const truth = truthOf(system, freshVisits(table, FRESH_VISITS, SEED + 2, nowMs));
    try {
      const { results, agreement } = await tellStory(
        { system, crowd: visitors, tastes, truth, narrator: told, signal: stop.signal },
        PLAN,
      );
      told.block(resultsText(results));
      for (const { version, visitors: own, system: reported } of agreement)
        if (own.join() !== reported.join())
          throw new Missed(
            `the system reports ${reported.join(' rankings, and clicks on ')} of ${version}, its visitors counted ${own.join(' and ')}`,
          );
      told.block(
        `True is what such visitors do on average, over ${FRESH_VISITS} visits that nobody learned from. What was measured is what\nthe system reports: ${agreement.map(({ version, system: [rankings, clicked] }) => `${version} ${count(clicked)} of ${count(rankings)} clicked`).join(', ')}.`,
      );
    } finally {
      await visitors.stop().catch(() => undefined);
    }
  } finally {
    stop.abort(new Error(OVER));
    await system.ended;
  }
}

/** In parts that a request may hold, until the edge ranks all of them. */
async function publish(system: DemoSystem, trips: readonly object[]): Promise<void> {
  for (let from = 0; from < trips.length; from += PART)
    await call(system, 'PUT', '/v1/items', trips.slice(from, from + PART));
  await within(PLAN.limitMs, 'the edge ranks the catalogue', stop.signal, async () => {
    const { items } = await liveAtEdge(system);
    return items === trips.length || undefined;
  });
}

function remove(): Promise<void> {
  return rm(directory, { recursive: true, force: true, maxRetries: 5 });
}

function problemOf(error: unknown): string {
  // What a visitor met is why the rest was stopped.
  const cause =
    stop.signal.aborted && messageOf(stop.signal.reason) !== OVER ? stop.signal.reason : error;
  const isMissed = cause instanceof Missed;
  return `${isMissed ? 'The story did not come true: ' : ''}${messageOf(cause)}\n${logFile} has what edge and backend printed.`;
}
