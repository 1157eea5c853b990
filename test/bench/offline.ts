import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Published } from '../../backend/offline/published.ts';
import { scoreFile } from '../../backend/offline/score-file.ts';
import { RULES_VERSION } from '../../shared/domain/ids.ts';
import { catalogueTable } from '../../shared/features/catalogue-table.ts';
import { smarttrip } from '../../shared/features/smarttrip.ts';
import { scorerToBytes } from '../../shared/format/scorer-bytes.ts';
import { snapshotHash, snapshotToBytes } from '../../shared/format/snapshot-bytes.ts';
import { additiveFromPoints } from '../../shared/score/scorer.ts';
import type { Part, Say } from './support/part.ts';
import { median, quantile } from './support/quantile.ts';
import { rankBodies } from './support/rank-bodies.ts';
import { makeTrips, NOW_MS } from './support/trips.ts';

const TRIPS = 10_000;
const REQUESTS = 40_000;
const ROUNDS = 3;
const WAKES = 2000;
/** Between two requests the other thread sleeps. */
const BETWEEN_MS = 0.3;

/** A file of requests ranked by one thread and by two, and what it takes to wake another thread for a part of one request. */
export async function benchOffline(say: Say): Promise<Part> {
  const folder = mkdtempSync(join(tmpdir(), 'trimtab-bench-'));
  try {
    const file = join(folder, 'requests.jsonl');
    const bodies = rankBodies(REQUESTS, 1);
    writeFileSync(file, bodies.map((body) => `${JSON.stringify(body)}\n`).join(''));
    const published = demo();
    const rounds: { one: Run; two: Run }[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      say(`round ${round + 1} of ${ROUNDS}`);
      rounds.push({
        one: await run(file, published, 1),
        two: await run(file, published, 2),
      });
    }
    const wakes = await wakeUs();
    const perRequest = (of: (pair: (typeof rounds)[number]) => number) =>
      (median(rounds.map(of)) * 1000) / REQUESTS;
    return {
      rows: [
        { name: 'a request, one thread', value: perRequest(({ one }) => one.wallMs), unit: 'µs' },
        {
          name: 'a request, two threads',
          value: perRequest(({ two }) => two.wallMs),
          unit: 'µs',
          ratio: median(rounds.map(({ one, two }) => one.wallMs / two.wallMs)),
          against: 'one thread: time, faster',
        },
        {
          name: 'processor time of a request, one thread',
          value: perRequest(({ one }) => one.cpuMs),
          unit: 'µs',
        },
        {
          name: 'processor time of a request, two threads',
          value: perRequest(({ two }) => two.cpuMs),
          unit: 'µs',
          // One thread is as fast as it computes; two cores do the work of both and of the main thread in half of its time.
          ratio: median(rounds.map(({ one, two }) => (one.cpuMs - one.mainMs) / (two.cpuMs / 2))),
          against: 'one thread: what two cores of their own would gain',
        },
        {
          name: 'wake another thread and hear of it, p50',
          value: quantile(wakes, 0.5),
          unit: 'µs',
        },
        {
          name: 'wake another thread and hear of it, p99',
          value: quantile(wakes, 0.99),
          unit: 'µs',
        },
      ],
      notes: ['starting threads and reading snapshots included'],
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

interface Run {
  readonly wallMs: number;
  /** Of all threads. */
  readonly cpuMs: number;
  /** Of the main thread alone. */
  readonly mainMs: number;
}

async function run(file: string, published: Published, threads: number): Promise<Run> {
  const before = {
    wall: performance.now(),
    all: process.cpuUsage(),
    own: process.threadCpuUsage(),
  };
  await scoreFile(file, published, {
    threads,
    seed: 1,
    nowMs: NOW_MS,
    related: { find: async () => undefined },
    write: async () => {},
    progress: () => {},
  });
  const ms = ({ user, system }: NodeJS.CpuUsage) => (user + system) / 1000;
  return {
    wallMs: performance.now() - before.wall,
    cpuMs: ms(process.cpuUsage(before.all)),
    mainMs: ms(process.threadCpuUsage()) - ms(before.own),
  };
}

function demo(): Published {
  const rules = { version: RULES_VERSION, name: 'rules' };
  const bytes = snapshotToBytes(smarttrip, catalogueTable(smarttrip, makeTrips(TRIPS, 1)));
  return {
    scorer: scorerToBytes(additiveFromPoints(smarttrip, smarttrip.rules, rules)),
    snapshot: { hash: snapshotHash(bytes), bytes },
  };
}

/** The least that a request would wait if another thread scored a part of it: shared memory, and no message. */
async function wakeUs(): Promise<number[]> {
  const turn = new Int32Array(new SharedArrayBuffer(4));
  const code = `const { workerData: turn } = require('node:worker_threads');
    for (let i = 0; i < ${WAKES}; i++) {
      Atomics.wait(turn, 0, 2 * i);
      Atomics.store(turn, 0, 2 * i + 2);
      Atomics.notify(turn, 0);
    }`;
  const worker = new Worker(code, { eval: true, workerData: turn });
  await new Promise((resolve) => {
    worker.once('online', resolve);
  });
  const waited = Array.from({ length: WAKES }, (_, i) => {
    const until = performance.now() + BETWEEN_MS;
    while (performance.now() < until);
    const from = performance.now();
    Atomics.store(turn, 0, 2 * i + 1);
    Atomics.notify(turn, 0);
    Atomics.wait(turn, 0, 2 * i + 1);
    return (performance.now() - from) * 1000;
  });
  await worker.terminate();
  return waited.slice(WAKES / 10).toSorted((a, b) => a - b);
}
