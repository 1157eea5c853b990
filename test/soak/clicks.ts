import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { demoCatalogue } from '../../backend/catalogue/demo.ts';
import { seededRandom } from '../../shared/explore/random.ts';
import { quantile } from '../bench/support/quantile.ts';
import { clickOn, openDatabase, putItems, rank } from '../support/client.ts';
import { startSystem, type System } from '../support/system.ts';
import { until } from '../support/until.ts';
import type { SoakForm } from './support/form.ts';

const ITEMS = 1000;
const SHOWN = 20;
const VISITORS = 12;
/** Together they rank so often in a second. */
const PER_SECOND = 12;
const CLICK_SHARE = 0.4;
const LOOK_MS = 50;
/** Until compilers have seen what they compile, which of a turn every five seconds takes some dozens of them. */
const WARM_UP_MS = 180_000;
/** What is promised: at 10 rankings a second, a click is in a serving isolate's weights within this, in 95 of 100 cases. */
const WITHIN_MS = 10_000;
const AT_LEAST_PER_SECOND = 10;
/** What learning adds to the processor time of the backend, µs per shown item. */
const MOST_US = 5;

/** What a system did for a while. */
interface Measured {
  readonly rankings: number;
  readonly perSecond: number;
  /** Processor time of the backend, µs per shown item. */
  readonly us: number;
  /** From the 202 of a click to a serving isolate with weights that it is in, ms. */
  readonly delays: readonly number[];
}

/**
 * Visitors click at the real system, with its usual intervals: how long a click takes to be in the weights that a serving isolate ranks by,
 * and how much processor time learning takes, as the difference to the same visitors of a backend that does not learn.
 */
export const soakClicks: SoakForm = async ({ minutes, seed, say }) => {
  const without = await measure(seed, minutes / 2, false);
  say(`without learning: ${textOf(without)}`);
  const learning = await measure(seed, minutes / 2, true);
  say(`learning: ${textOf(learning)}`);
  const rising = learning.delays.toSorted((a, b) => a - b);
  const [p50, p95] = [0.5, 0.95].map((share) => quantile(rising, share));
  const us = learning.us - without.us;
  const broken = [
    ...(rising.length < 20 ? [`only ${rising.length} clicks were followed`] : []),
    ...(p95 > WITHIN_MS ? [`a click takes ${p95.toFixed(0)} ms at p95, not ${WITHIN_MS}`] : []),
    ...(learning.perSecond < AT_LEAST_PER_SECOND
      ? [`only ${learning.perSecond.toFixed(1)} rankings a second were asked for`]
      : []),
    ...(us > MOST_US ? [`learning takes ${us.toFixed(1)} µs per shown item, not ${MOST_US}`] : []),
  ];
  return {
    figures: `${learning.rankings} rankings of ${SHOWN}, ${learning.perSecond.toFixed(1)} a second; ${rising.length} clicks from their 202 to a changed weight in a serving isolate: p50 ${(p50 / 1000).toFixed(1)} s, p95 ${(p95 / 1000).toFixed(1)} s; backend ${learning.us.toFixed(1)} µs of processor time per shown item, without learning ${without.us.toFixed(1)}`,
    broken,
  };
};

const textOf = ({ rankings, perSecond, us, delays }: Measured): string =>
  `${rankings} rankings, ${perSecond.toFixed(1)} a second, ${us.toFixed(1)} µs per shown item, ${delays.length} clicks followed`;

async function measure(seed: number, minutes: number, enabled: boolean): Promise<Measured> {
  const system = await startSystem({
    edgeEnv: { REFRESH_MS: '5000', SHIP_INTERVAL_MS: '1000' },
    config: {
      onlineLearning: { enabled, minimumRewarded: 100, trustRegion: 10, cells: ['local'] },
      trainingData: { filters: { minReactionMs: 0 } },
    },
  });
  try {
    await putItems(system, demoCatalogue(ITEMS, seed, Date.now()));
    return await visited(system, seed, minutes, enabled);
  } finally {
    await system.stop();
  }
}

async function visited(
  system: System,
  seed: number,
  minutes: number,
  learns: boolean,
): Promise<Measured> {
  const random = seededRandom(seed);
  const state = { isOver: false, rankings: 0 };
  const following: Promise<void>[] = [];
  const delays: number[] = [];
  const follower = learns ? followerOf(system) : undefined;
  let isFollowed = false;
  const followed = async (by: Follower, eventId: string, answeredMs: number) => {
    const atMs = await by.follow(eventId, state);
    if (atMs !== undefined) delays.push(atMs - answeredMs);
  };
  const visitor = async (number: number) => {
    for (let n = 0; !state.isOver; n++) {
      const beganMs = performance.now();
      const ranking = await rank(system, { sessionId: `clicks-${number}-${n}`, limit: SHOWN });
      state.rankings++;
      if (random() < CLICK_SHARE) {
        const click = clickOn(ranking, ranking.items[Math.floor(random() * SHOWN)].id);
        const key = system.keys.publishableKey;
        const { status } = await system.edge.ask('/v1/events', { key, body: [click] });
        const answeredMs = performance.now();
        if (status !== 202) throw new Error(`a click was answered ${status}`);
        if (follower !== undefined && isFollowed && random() < 0.2)
          following.push(followed(follower, click.eventId, answeredMs));
      }
      const pauseMs = (2 * random() * 1000 * VISITORS) / PER_SECOND;
      await sleep(Math.max(0, pauseMs - (performance.now() - beganMs)));
    }
  };
  const visitors = Promise.all(Array.from({ length: VISITORS }, (_, i) => visitor(i)));
  const script = async () => {
    await until('there is enough to learn from', async () => state.rankings > 400);
    if (learns) await until('learning has begun', async () => (await follower!.served()) > 0);
    await sleep(WARM_UP_MS);
    const [rankings, cpu, beganMs] = [state.rankings, cpuUs(system), performance.now()];
    await sleep((minutes * 60_000) / 2);
    const shown = (state.rankings - rankings) * SHOWN;
    const seconds = (performance.now() - beganMs) / 1000;
    const us = (cpuUs(system) - cpu) / shown;
    // To follow a click takes processor time of the backend, too.
    isFollowed = learns;
    if (learns) await sleep((minutes * 60_000) / 2);
    isFollowed = false;
    await Promise.all(following);
    return { rankings: shown / SHOWN, perSecond: shown / SHOWN / seconds, us, delays };
  };
  try {
    // Visitors end of themselves only by failing.
    return (await Promise.race([script(), visitors])) as Measured;
  } finally {
    state.isOver = true;
    await visitors.catch(() => {});
    follower?.close();
  }
}

/** Processor time of the backend since its start, all of its threads, µs. */
function cpuUs(system: System): number {
  const fields = readFileSync(`/proc/${system.backend.pid()}/stat`, 'utf8')
    .split(') ')[1]
    .split(' ');
  // In ticks of 10 ms: user and system time.
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
}

type Follower = ReturnType<typeof followerOf>;

/** Finds out when a click is in what the edge serves. */
function followerOf(system: System) {
  const { db, close } = openDatabase(system);
  const { edge, keys } = system;
  /** The number of the deltas that the isolate serves. */
  const served = async () =>
    (await edge.ask('/v1/version', { key: keys.secretKey })).json<{ delta: number }>().delta;
  return {
    close,
    served,
    /**
     * First the click is in what the backend has learned: the mark by which it is says the number of the deltas that were made of it.
     * @returns when the isolate served those, or later ones; undefined where visitors end before.
     */
    async follow(eventId: string, state: { isOver: boolean }): Promise<number | undefined> {
      let number: number | null = null;
      for (; !state.isOver && number === null; await sleep(LOOK_MS))
        [{ number }] = await db.all<{ number: number | null }>(sql`
          select (select m.value ->> '$.number' from events e cross join log_marks m
            on m.name = 'learned: champion' where e.eventId = ${eventId}
              and e.rowid <= (m.value ->> '$.events.rowid')) as number`);
      if (number === null) return undefined;
      for (; !state.isOver; await sleep(LOOK_MS))
        if ((await served()) >= number) return performance.now();
      return undefined;
    },
  };
}
