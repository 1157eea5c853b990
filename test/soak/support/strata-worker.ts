import { cpuDevice } from '../../../backend/device/cpu/cpu-device.ts';
import { serve } from '../../../backend/process/serve.ts';
import { decideWorld } from '../../world/strata/decide-world.ts';
import { STRATA } from '../../world/strata/world.ts';

const device = cpuDevice();

const exposed = {
  /** Decides one world. */
  decide: (stratum: string, seed: number) => decideWorld(STRATA[stratum], seed, device),
};
export type StrataWorker = typeof exposed;
serve(exposed);
