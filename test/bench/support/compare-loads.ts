import type { Load } from './http-load.ts';
import type { Part } from './part.ts';
import { median, quantile } from './quantile.ts';
import type { BenchRow } from './row.ts';

/** One round of load, and the processor time that the server spent on it. */
export interface Round extends Load {
  readonly serverMs: number;
}

/** Over that share of its thread the generator itself would be what is measured. */
const GENERATOR_LIMIT = 0.8;
/** Under many connections a server that is let to uses its one thread whole. */
const SERVER_FULL = 0.9;

/** Rounds against an empty Worker, and the neighbouring rounds against `/v1/rank`. */
export function compareLoads(
  connections: number,
  empty: readonly Round[],
  rank: readonly Round[],
): Part {
  const load = `${connections} connection${connections === 1 ? '' : 's'}`;
  const pair = (name: string, unit: string, of: (round: Round) => number): BenchRow[] => [
    { name: `empty Worker, ${load}${name}`, value: median(empty.map(of)), unit },
    {
      name: `POST /v1/rank, ${load}${name}`,
      value: median(rank.map(of)),
      unit,
      ratio: median(rank.map((round, i) => of(round) / of(empty[i]))),
      against: 'empty Worker',
    },
  ];
  return {
    rows: [
      ...pair('', 'requests/s', ({ requestsPerSecond }) => requestsPerSecond),
      ...pair(': p50', 'ms', ({ latenciesMs }) => quantile(latenciesMs, 0.5)),
      ...pair(': p99', 'ms', ({ latenciesMs }) => quantile(latenciesMs, 0.99)),
      ...pair(
        ': processor time',
        'µs/request',
        ({ serverMs, requests }) => (serverMs * 1000) / requests,
      ),
    ],
    notes: [busyNote(`${load}, empty Worker`, empty), busyNote(`${load}, /v1/rank`, rank)],
  };
}

/** Whether the figure is the server's: it is when the server had no time to spare and the generator had. */
function busyNote(name: string, rounds: readonly Round[]): string {
  const generator = median(rounds.map(({ generatorBusy }) => generatorBusy));
  const cores = median(rounds.map(({ serverMs, seconds }) => serverMs / 1000 / seconds));
  const busy = `${name}: server busy ${cores.toFixed(2)} cores, generator ${generator.toFixed(2)} of its one`;
  if (generator > GENERATOR_LIMIT) return `${busy}: THE GENERATOR IS THE BOTTLENECK`;
  const isLoaded = rounds[0].connections > 1;
  return isLoaded && cores < SERVER_FULL
    ? `${busy}: SOMETHING ELSE HELD THE PROCESSORS, measure again on a quiet machine`
    : busy;
}
