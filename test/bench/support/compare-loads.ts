import type { Load } from './http-load.ts';
import type { Part } from './part.ts';
import { median, quantile } from './quantile.ts';
import type { BenchRow } from './row.ts';

/** One round of load, and the processor time that the server spent on it. */
export interface Round extends Load {
  /** While requests came. */
  readonly loadedMs: number;
  /** Until all that the round logged was shipped. */
  readonly serverMs: number;
}

/** Over that share of its thread the generator itself would be what is measured. */
const GENERATOR_LIMIT = 0.8;
/** Under many connections a server that is let to uses its one thread whole. */
const SERVER_FULL = 0.9;

/** Rounds against `/v1/rank`, beside the neighbouring rounds against the floor, and those beside the empty Worker's. */
export function compareLoads(
  connections: number,
  { empty, floor, rank }: Readonly<Record<'empty' | 'floor' | 'rank', readonly Round[]>>,
): Part {
  const load = `${connections} connection${connections === 1 ? '' : 's'}`;
  const row = (name: string, unit: string, rounds: readonly Round[], of: Figure): BenchRow => ({
    name,
    value: median(rounds.map(of)),
    unit,
  });
  const beside = (rounds: readonly Round[], others: readonly Round[], of: Figure) =>
    median(rounds.map((round, i) => of(round) / of(others[i])));
  const rowsOf = (name: string, unit: string, of: Figure): BenchRow[] => [
    row(`empty Worker, ${load}${name}`, unit, empty, of),
    {
      ...row(`floor Worker, ${load}${name}`, unit, floor, of),
      ratio: beside(floor, empty, of),
      against: 'empty Worker',
    },
    {
      ...row(`POST /v1/rank, ${load}${name}`, unit, rank, of),
      ratio: beside(rank, floor, of),
      against: 'floor Worker',
    },
  ];
  return {
    rows: [
      ...rowsOf('', 'requests/s', ({ requestsPerSecond }) => requestsPerSecond),
      ...rowsOf(': p50', 'ms', ({ latenciesMs }) => quantile(latenciesMs, 0.5)),
      ...rowsOf(': p99', 'ms', ({ latenciesMs }) => quantile(latenciesMs, 0.99)),
      ...rowsOf(
        ': processor time',
        'µs/request',
        ({ serverMs, requests }) => (serverMs * 1000) / requests,
      ),
    ],
    notes: [
      busyNote(`${load}, empty Worker`, empty),
      busyNote(`${load}, floor Worker`, floor),
      busyNote(`${load}, /v1/rank`, rank),
    ],
  };
}

type Figure = (round: Round) => number;

/** Whether the figure is the server's: it is when the server had no time to spare and the generator had. */
function busyNote(name: string, rounds: readonly Round[]): string {
  const generator = median(rounds.map(({ generatorBusy }) => generatorBusy));
  const cores = median(rounds.map(({ loadedMs, seconds }) => loadedMs / 1000 / seconds));
  const busy = `${name}: server busy ${cores.toFixed(2)} cores, generator ${generator.toFixed(2)} of its one`;
  if (generator > GENERATOR_LIMIT) return `${busy}: THE GENERATOR IS THE BOTTLENECK`;
  const isLoaded = rounds[0].connections > 1;
  return isLoaded && cores < SERVER_FULL
    ? `${busy}: SOMETHING ELSE HELD THE PROCESSORS, measure again on a quiet machine`
    : busy;
}
