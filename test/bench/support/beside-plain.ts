import { cpuTimeMs } from './cpu-time.ts';
import type { DemoEdge } from './demo-edge.ts';
import { httpLoad } from './http-load.ts';
import type { Say } from './part.ts';
import { median } from './quantile.ts';
import type { BenchRow } from './row.ts';

const CONNECTIONS = 32;
const ROUNDS = 7;
const ROUND_MS = 2000;
const WARM_UP_MS = 8000;

/** How figures of `besidePlain` came about, for a note. */
export const BESIDE_PLAIN = `medians of ${ROUNDS} rounds of ${ROUND_MS / 1000} s, ${CONNECTIONS} connections, both Workers in turn; ratios are medians of the rounds' ratios`;

/** A Worker, and what it is asked. */
export interface Asked {
  readonly edge: DemoEdge;
  /** Whole HTTP requests. */
  readonly requests: readonly Buffer[];
}

/** Waits until the compilers are done with a Worker's code. */
export const warmUp = (asked: Asked): Promise<number> => cpuUs(asked, WARM_UP_MS);

/** Processor time of one Worker per request, beside that of another; both have been warmed up. */
export async function besidePlain(
  say: Say,
  name: string,
  own: Asked,
  plain: Asked,
  against: string,
): Promise<BenchRow> {
  const pairs: { own: number; plain: number }[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    say(`${name}, round ${round + 1} of ${ROUNDS}`);
    // Who comes first changes, so that neither always meets the other's aftermath.
    const order = round % 2 === 0 ? [own, plain] : [plain, own];
    const spent = new Map<Asked, number>();
    for (const each of order) spent.set(each, await cpuUs(each, ROUND_MS));
    pairs.push({ own: spent.get(own)!, plain: spent.get(plain)! });
  }
  return {
    name,
    value: median(pairs.map((pair) => pair.own)),
    unit: 'µs/request',
    ratio: median(pairs.map((pair) => pair.own / pair.plain)),
    against,
  };
}

async function cpuUs(
  { edge: { port, pid }, requests }: Asked,
  durationMs: number,
): Promise<number> {
  const beforeMs = cpuTimeMs(pid);
  const load = await httpLoad({ port, requests, connections: CONNECTIONS, durationMs });
  return ((cpuTimeMs(pid) - beforeMs) * 1000) / load.requests;
}
