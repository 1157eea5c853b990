import { expect, test } from 'vitest';
import { cpuDevice } from '../../backend/device/cpu/cpu-device.ts';
import { decideWorld, type Fate } from '../world/strata/decide-world.ts';
import { brokenPromises, tallyOf, tallyText } from '../world/strata/tally.ts';
import { STRATA, worldSeed } from '../world/strata/world.ts';
import { hoursSize } from '../support/size.ts';

/** Of each stratum. What `npm run soak -- strata --worlds 400` holds by stratum is held here by all of them together. */
const WORLDS = 12;
const SEED = 40;

test.skipIf(hoursSize.absent)(
  `in ${WORLDS} worlds of each stratum better challengers become champion and worse ones do not${hoursSize.why}`,
  async () => {
    const device = cpuDevice();
    const fates: (readonly Fate[])[] = [];
    for (const [name, stratum] of Object.entries(STRATA))
      for (let n = 0; n < WORLDS; n++)
        fates.push(await decideWorld(stratum, worldSeed(name, SEED, n), device));
    const tally = tallyOf(fates);
    process.stdout.write(`${tallyText(tally)}\n`);
    expect(brokenPromises('all strata', tally)).toEqual([]);
    // Worlds without better and worse ones would hold it to nothing.
    expect(tally.crowned.of).toBeGreaterThan(2);
    expect(tally.harmful.of).toBeGreaterThan(2);
  },
);
