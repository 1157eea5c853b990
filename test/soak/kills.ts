import { setTimeout as sleep } from 'node:timers/promises';
import { demoCatalogue } from '../../backend/catalogue/demo.ts';
import { outcomes } from '../../backend/store/tables.ts';
import type { ItemId } from '../../shared/domain/ids.ts';
import { verifyToken } from '../../shared/domain/token.ts';
import { seededRandom } from '../../shared/explore/random.ts';
import { openDatabase, putItems, rank } from '../support/client.ts';
import { underLoad, type Load } from '../support/load.ts';
import { openStoredLog } from '../support/stored-log.ts';
import { storedDecisions } from '../support/stored-decisions.ts';
import { startSystem, type Part, type System } from '../support/system.ts';
import { until } from '../support/until.ts';
import { endOf, type SoakForm } from './support/form.ts';
import { damagedDatabases } from './support/integrity.ts';
import { sendOutcomes } from './support/outcomes.ts';

const LONGEST_LIFE_MS = 6000;
const LONGEST_ABSENCE_MS = 500;
/** How often both are ended at the same moment. */
const BOTH = 0.2;
const SAY_EVERY = 20;
/** What is superseded is deleted from KV all the while, so that kills hit that, too. */
const CLEANED_AT_ONCE = { keepHours: 1 / 3600, keepVersions: 1, cleanSchedule: '* * * * * *' };

/**
 * The whole system under rankings, events and outcomes, while its processes end by SIGKILL at random moments. What was
 * acknowledged must be stored exactly once, every token must fit the decision that is stored, and no database may be damaged.
 */
export const soakKills: SoakForm = async ({ minutes, seed, say }) => {
  const random = seededRandom(seed);
  const system = await startSystem({ config: { kv: CLEANED_AT_ONCE } });
  const kills = { edge: 0, backend: 0 };
  const killAndStart = async (name: 'edge' | 'backend') => {
    kills[name]++;
    const part: Part = system[name];
    await part.kill9();
    await sleep(LONGEST_ABSENCE_MS * random());
    await part.start();
  };
  try {
    await putItems(system, demoCatalogue(200, seed, Date.now()));
    const endMs = endOf({ minutes });
    const isOver = () => performance.now() >= endMs;
    let acknowledged = new Set<string>();
    const load = await underLoad(system, seed, async (soFar) => {
      const sending = sendOutcomes(system, random, isOver);
      for (let rounds = 1; !isOver(); rounds++) {
        // Squared, so that many lives are short: a start has work of its own that may be cut off.
        await sleep(LONGEST_LIFE_MS * random() ** 2);
        const one = random() < 0.5 ? ('edge' as const) : ('backend' as const);
        const ended = random() < BOTH ? (['edge', 'backend'] as const) : [one];
        await Promise.all(ended.map(killAndStart));
        if (rounds % SAY_EVERY === 0)
          say(
            `${kills.edge} kills of the edge, ${kills.backend} of the backend; ${soFar.ranked.size} rankings, ${soFar.accepted.size} events taken`,
          );
      }
      acknowledged = await sending;
    });
    const broken = await brokenPromises(system, load, acknowledged);
    const figures = `${kills.edge} kills of the edge and ${kills.backend} of the backend; ${load.ranked.size} rankings, ${load.accepted.size} events and ${acknowledged.size} outcomes acknowledged`;
    return { figures, broken };
  } finally {
    await system.stop();
  }
};

async function brokenPromises(
  system: System,
  load: Load,
  outcomesTaken: ReadonlySet<string>,
): Promise<string[]> {
  const broken: string[] = [];
  const promise = (kept: boolean, otherwise: string) => {
    if (!kept) broken.push(otherwise);
  };
  const log = openStoredLog(system);
  const { db, close } = openDatabase(system);
  try {
    await rank(system, { sessionId: 'afterwards', limit: 8 });
    await arrived('acknowledged events', async () => {
      const stored = new Set((await log.events()).map(({ eventId }) => eventId));
      return [...load.accepted.keys()].every((id) => stored.has(id));
    }).catch((error: Error) => broken.push(error.message));

    const events = await log.events();
    const ids = new Set(events.map(({ eventId }) => eventId));
    const lost = [...load.accepted.keys()].filter((id) => !ids.has(id));
    promise(lost.length === 0, `lost events: ${lost.slice(0, 5).join(', ')} of ${lost.length}`);
    promise(ids.size === events.length, `${events.length - ids.size} events are stored twice`);
    const inBatches = await log.eventsInBatches();
    promise(inBatches === events.length, `${inBatches} events in batches, ${events.length} rows`);
    const changed = events.filter(
      (event) => JSON.stringify(event) !== JSON.stringify(load.sent.get(event.eventId)),
    );
    promise(
      changed.length === 0,
      `${changed.length} events are not as they were sent: ${JSON.stringify(changed[0])}`,
    );

    const rows = await db.select({ id: outcomes.outcomeId }).from(outcomes);
    const storedOutcomes = new Set(rows.map(({ id }) => id));
    promise(storedOutcomes.size === rows.length, 'outcomes are stored twice');
    const lostOutcomes = [...outcomesTaken].filter((id) => !storedOutcomes.has(id));
    promise(lostOutcomes.length === 0, `${lostOutcomes.length} outcomes are lost`);

    broken.push(...(await unfitTokens(system, load)));
  } finally {
    log.close();
    close();
  }
  await Promise.all([system.edge.stop(), system.backend.stop()]);
  broken.push(...(await damagedDatabases(system.directory)));
  return broken;
}

/** `until` waits for what a test cannot do without; here its absence is a finding. */
const arrived = (what: string, look: () => Promise<boolean>) =>
  until(`all ${what} are stored`, look);

/** Decisions whose ranking's token does not verify, or says something else than what is stored. */
async function unfitTokens(system: System, { ranked }: Load): Promise<string[]> {
  const { db, close } = openDatabase(system);
  const unfit: string[] = [];
  try {
    for (const decision of await storedDecisions(db)) {
      const { rankingId, sessionId, itemIds, weights, snapshot } = decision;
      const token = ranked.get(rankingId);
      // The answer of a ranking may be lost with the process that gave it, after its decision was stored.
      if (token === undefined) continue;
      const { claims, shown } = verifyToken(token, [system.keys.tokenSecret], Date.now());
      const isShown = (itemId: string, slot: number) => shown.isAt(itemId as ItemId, slot + 1);
      const stored = JSON.stringify([rankingId, sessionId, weights, snapshot]);
      const signed = JSON.stringify([
        claims.rankingId,
        claims.sessionId,
        claims.weights,
        claims.snapshot,
      ]);
      if (stored !== signed || shown.count !== itemIds.length || !itemIds.every(isShown))
        unfit.push(`decision ${stored} has a token of ${signed}`);
    }
  } finally {
    close();
  }
  return unfit;
}
