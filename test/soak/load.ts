import { setTimeout as sleep } from 'node:timers/promises';
import { demoCatalogue } from '../../backend/catalogue/demo.ts';
import { seededRandom } from '../../shared/explore/random.ts';
import { median, quantile } from '../bench/support/quantile.ts';
import { call, putItems, train } from '../support/client.ts';
import { underLoad } from '../support/load.ts';
import { openStoredLog, type StoredLog } from '../support/stored-log.ts';
import { startSystem, type System } from '../support/system.ts';
import { until } from '../support/until.ts';
import { endOf, type SoakForm } from './support/form.ts';
import { growthAtEnd } from './support/growth.ts';
import { sendOutcomes } from './support/outcomes.ts';
import { bytesOf, residentBytes } from './support/sizes.ts';

const ITEMS = 2000;
const VISITORS = 4;
const READINGS = 48;
/** A part of the catalogue is put in anew this often, so that snapshots are built and adopted all the while. */
const EDIT_MS = 5000;
const EDITED = 50;
/** So that KV is cleaned within a run, too. */
const CLEANED_SOON = { keepHours: 1 / 60, keepVersions: 3, cleanSchedule: '*/10 * * * * *' };
const LOOK_MS = 1000;
const PING_MS = 100;
/** Trainings within a run, whatever its length. */
const TRAININGS = 8;
/** What people and machines read while the system works. */
const LOOKED_AT = [
  '/v1/status',
  '/metrics',
  '/v1/clicks',
  '/v1/alerts',
  '/v1/runs',
  '/v1/experiments',
  '/v1/rollouts',
  '/',
];

const MIB = 2 ** 20;

/** One reading; memory and files in MiB, times in ms. */
interface Reading {
  readonly edgeMemory: number;
  readonly backendMemory: number;
  readonly database: number;
  readonly wal: number;
  /** Durable Objects, and KV. */
  readonly edgeObjects: number;
  readonly kv: number;
  readonly decisions: number;
  readonly p50: number;
  readonly p99: number;
  /** p50 as a multiple of what the edge takes for next to nothing: other work on the machine is in both. */
  readonly pings: number;
}

/**
 * What may still grow from the third quarter of a run to the last: the share of it, and what is allowed in any case. The
 * memory of the backend has a training in it now and then.
 */
const MAY_GROW: readonly (readonly [keyof Reading, share: number, atLeast: number])[] = [
  ['edgeMemory', 0.1, 16],
  ['backendMemory', 0.1, 48],
  ['wal', 0.25, 8],
  ['edgeObjects', 0.1, 4],
  ['kv', 0.1, 2],
  ['pings', 0.5, 2],
];
/** The database holds the log, so it grows with it; what one decision with its events takes must not. */
const ROW_MAY_GROW = [0.1, 0.25] as const;

/**
 * Visitors, outcomes, edits of the catalogue, looks at the backend and trainings, all at once, with memory, files and times
 * taken at equal intervals. None of these may still grow at the end, and all that was acknowledged must be stored.
 */
export const soakLoad: SoakForm = async ({ minutes, seed, say }) => {
  const random = seededRandom(seed);
  const system = await startSystem({
    edgeEnv: { REFRESH_MS: '1000' },
    config: { kv: CLEANED_SOON },
  });
  const log = openStoredLog(system);
  try {
    const trips = demoCatalogue(ITEMS, seed, Date.now());
    await putItems(system, trips);
    const endMs = endOf({ minutes });
    const isOver = () => performance.now() >= endMs;
    const readings: Reading[] = [];
    let [times, pings]: number[][] = [[], []];
    const everyMs = (minutes * 60_000) / READINGS;
    const reading = async () => {
      for (let n = 1; n <= READINGS; n++) {
        await sleep(Math.max(0, endMs - (READINGS - n) * everyMs - performance.now()));
        const [ranked, pinged] = [times, pings];
        [times, pings] = [[], []];
        readings.push(await read(system, log, ranked, pinged));
        if (n % 6 === 0) say(textOf(readings.at(-1)!));
      }
    };
    const pinging = async () => {
      while (!isOver()) {
        const askedMs = performance.now();
        await system.edge.ask('/v1/health');
        pings.push(performance.now() - askedMs);
        await sleep(PING_MS);
      }
    };
    const editing = async () => {
      while (!isOver()) {
        await sleep(EDIT_MS);
        const from = Math.floor(random() * (ITEMS - EDITED));
        const edited = trips
          .slice(from, from + EDITED)
          .map((trip) => ({ ...trip, price: 300 + Math.floor(random() * 3000) }));
        await call(system, 'PUT', '/v1/items', edited);
      }
    };
    const looking = async () => {
      for (let n = 0; !isOver(); n++) {
        await sleep(LOOK_MS);
        const path = LOOKED_AT[n % LOOKED_AT.length];
        const { status, text } = await system.backend.ask(path, { key: system.keys.secretKey });
        if (status !== 200) throw new Error(`GET ${path} was answered ${status}: ${text}`);
      }
    };
    const training = async () => {
      const pauseMs = (minutes * 60_000) / (TRAININGS + 1);
      for (let n = 0; n < TRAININGS && performance.now() + pauseMs < endMs; n++) {
        await sleep(pauseMs);
        const { status, error } = await train(system, { force: true });
        if (status !== 'done') throw new Error(`a training ended as ${status}: ${error}`);
      }
    };
    let outcomes = 0;
    const load = await underLoad(
      system,
      seed,
      async () => {
        const sent = sendOutcomes(system, random, isOver);
        await Promise.all([reading(), pinging(), editing(), looking(), training(), sent]);
        outcomes = (await sent).size;
      },
      { visitors: VISITORS, onRanked: (ms) => times.push(ms) },
    );
    await until('all that was answered is stored', async () => {
      const [events, decisions] = [await log.eventCount(), await log.decisionCount()];
      return events >= load.accepted.size && decisions >= load.ranked.size;
    });
    const figures = `${load.ranked.size} rankings, ${load.accepted.size} events, ${outcomes} outcomes; at the end ${textOf(readings.at(-1)!)}`;
    return { figures, broken: growing(readings) };
  } finally {
    log.close();
    await system.stop();
  }
};

async function read(
  system: System,
  log: StoredLog,
  times: readonly number[],
  pings: readonly number[],
): Promise<Reading> {
  const rising = times.toSorted((a, b) => a - b);
  const p50 = quantile(rising, 0.5);
  return {
    edgeMemory: residentBytes(system.edge.pid()) / MIB,
    backendMemory: residentBytes(system.backend.pid()) / MIB,
    database: bytesOf(system.directory, 'trimtab.db') / MIB,
    wal: bytesOf(system.directory, 'trimtab.db-wal') / MIB,
    edgeObjects: bytesOf(system.directory, 'edge/storage/worker/**/*') / MIB,
    kv: bytesOf(system.directory, 'edge/storage/{weights,catalogue}/**/*') / MIB,
    decisions: await log.decisionCount(),
    p50,
    p99: quantile(rising, 0.99),
    pings: p50 / median(pings),
  };
}

function growing(readings: readonly Reading[]): string[] {
  const broken = MAY_GROW.flatMap(([name, share, atLeast]) => {
    const values = readings.map((one) => one[name]).filter((value) => !Number.isNaN(value));
    const { before, last, levelsOff } = growthAtEnd(values, share, atLeast);
    return levelsOff ? [] : [`${name} still grows: ${before.toFixed(1)}, then ${last.toFixed(1)}`];
  });
  const perDecision = readings
    .filter(({ decisions }) => decisions > 0)
    .map(({ database, wal, decisions }) => (1024 * (database + wal)) / decisions);
  const { before, last, levelsOff } = growthAtEnd(perDecision, ...ROW_MAY_GROW);
  if (!levelsOff)
    broken.push(
      `the database takes ever more per decision: ${before.toFixed(2)} KiB, then ${last.toFixed(2)}`,
    );
  return broken;
}

const textOf = (one: Reading): string =>
  `edge ${one.edgeMemory.toFixed(0)} MiB, backend ${one.backendMemory.toFixed(0)} MiB, database ${one.database.toFixed(1)} MiB + ${one.wal.toFixed(1)} of log, Durable Objects ${one.edgeObjects.toFixed(1)} MiB, KV ${one.kv.toFixed(1)} MiB, ${one.decisions} decisions, p50 ${one.p50.toFixed(0)} ms, p99 ${one.p99.toFixed(0)} ms, p50 ${one.pings.toFixed(1)} × a ping`;
