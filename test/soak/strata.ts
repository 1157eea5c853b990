import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { inThread, type Thread } from '../../backend/process/thread.ts';
import type { Fate } from '../world/strata/decide-world.ts';
import { brokenPromises, tallyOf, tallyText } from '../world/strata/tally.ts';
import { STRATA, worldSeed } from '../world/strata/world.ts';
import { endOf, type SoakForm } from './support/form.ts';
import type { StrataWorker } from './support/strata-worker.ts';

/**
 * Challengers from real trainings in worlds whose truth is known, stratum by stratum: who is made champion by the gate alone, and
 * who by the gate and simulated visitors. It goes on for so many worlds a stratum, or for so many minutes, one world of every
 * stratum after another. With `keep` what became of each world is written to a file line by line, and worlds that stand there
 * already are not decided again, so that a long run may be stopped and go on another day: each line names its world's own seed.
 */
export const soakStrata: SoakForm = async ({
  minutes,
  seed,
  worlds = Infinity,
  strata,
  keep,
  say,
}) => {
  const names = strata ?? Object.keys(STRATA);
  const unknown = names.find((name) => !Object.hasOwn(STRATA, name));
  if (unknown !== undefined)
    throw new Error(
      `there is no stratum "${unknown}": name some of ${Object.keys(STRATA).join(', ')}`,
    );
  const endMs = worlds === Infinity ? endOf({ minutes }) : Infinity;
  const fates = new Map<string, (readonly Fate[])[]>(names.map((name) => [name, []]));
  const kept = keep === undefined ? new Map<string, readonly Fate[]>() : readKept(keep);
  let next = 0;
  /** Worlds are handed out in turn, so that which thread has which changes nothing. */
  const work = inThread<StrataWorker>(new URL('./support/strata-worker.ts', import.meta.url));
  const decideSome = async (thread: Thread<StrataWorker>) => {
    while (next < worlds * names.length && performance.now() < endMs) {
      const n = next++;
      const name = names[n % names.length];
      const own = worldSeed(name, seed, Math.floor(n / names.length));
      const known = kept.get(`${name} ${own}`);
      const found = known ?? (await thread.call((worker) => worker.decide(name, own)));
      fates.get(name)!.push(found);
      if (keep !== undefined && known === undefined)
        appendFileSync(
          keep,
          `${JSON.stringify({ name, seed: own, fates: found } satisfies Kept)}\n`,
        );
      if (n % 100 === 99) say(`${n + 1} worlds`);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, () => work(decideSome)));
  const tallies = names.map((name) => ({ name, tally: tallyOf(fates.get(name)!) }));
  for (const { name, tally } of tallies) say(`${name.padEnd(22)} ${tallyText(tally)}`);
  return {
    figures: tallies.map(({ name, tally }) => `${name}: ${tallyText(tally)}`).join(' | '),
    broken: tallies.flatMap(({ name, tally }) => brokenPromises(name, tally)),
  };
};

/** A line of the file that is kept. */
interface Kept {
  readonly name: string;
  /** Of the world itself. */
  readonly seed: number;
  readonly fates: readonly Fate[];
}

/** What became of the worlds of a file, by stratum and own seed. A line that was cut short, as by a kill, is taken out of it. */
function readKept(path: string): Map<string, readonly Fate[]> {
  const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  if (whole !== text) writeFileSync(path, whole);
  const lines = whole.split('\n').slice(0, -1);
  return new Map(
    lines.map((line) => {
      const { name, seed, fates } = JSON.parse(line) as Kept;
      return [`${name} ${seed}`, fates];
    }),
  );
}
