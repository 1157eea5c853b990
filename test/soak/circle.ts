import type { RolloutMode } from '../../backend/rollouts/settings.ts';
import { live, type Lived } from '../world/circle/live.ts';
import { SIX_WORLDS, worldOf } from '../world/circle/six-worlds.ts';
import { brokenPromises, livedTable, livedText } from '../world/circle/summary.ts';
import type { SoakForm } from './support/form.ts';

const MODES: readonly RolloutMode[] = ['direct', 'staged'];

/**
 * The circle on the real system, over HTTP: six worlds whose truth is known, each in both modes and one after another, as each
 * has the machine's cores to itself; with `online` weights are learned as people click as well, as they are by default. How long that takes follows from the visitors, not from `minutes`.
 */
export const soakCircle: SoakForm = async ({ seed, strata, online = false, say }) => {
  const chosen = SIX_WORLDS.filter(({ stratum }) => strata?.includes(stratum) ?? true);
  if (chosen.length === 0)
    throw new Error(
      `none of the six worlds is named: they are ${SIX_WORLDS.map(({ stratum }) => stratum).join(', ')}`,
    );
  const all: Lived[] = [];
  for (const { stratum, clicks } of chosen)
    for (const mode of MODES) {
      say(`${stratum}, ${clicks} clicks per ranking, ${mode}${online ? ', as people click' : ''}`);
      const lived = await live(worldOf(stratum, clicks, seed, Date.now()), mode, online, say);
      say(`\n${livedTable([lived])}`);
      all.push(lived);
    }
  return { figures: livedText(all), table: livedTable(all), broken: brokenPromises(all) };
};
