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
 * stratum after another.
 */
export const soakStrata: SoakForm = async ({ minutes, seed, worlds = Infinity, strata, say }) => {
  const names = strata ?? Object.keys(STRATA);
  const unknown = names.find((name) => !Object.hasOwn(STRATA, name));
  if (unknown !== undefined)
    throw new Error(
      `there is no stratum "${unknown}": name some of ${Object.keys(STRATA).join(', ')}`,
    );
  const endMs = worlds === Infinity ? endOf({ minutes }) : Infinity;
  const fates = new Map<string, (readonly Fate[])[]>(names.map((name) => [name, []]));
  let next = 0;
  /** Worlds are handed out in turn, so that which thread has which changes nothing. */
  const work = inThread<StrataWorker>(new URL('./support/strata-worker.ts', import.meta.url));
  const decideSome = async (thread: Thread<StrataWorker>) => {
    while (next < worlds * names.length && performance.now() < endMs) {
      const n = next++;
      const name = names[n % names.length];
      const own = worldSeed(name, seed, Math.floor(n / names.length));
      fates.get(name)!.push(await thread.call((worker) => worker.decide(name, own)));
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
