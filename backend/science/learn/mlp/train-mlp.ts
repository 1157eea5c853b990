import { gpuOf, type DeviceChoice } from '../../../device/gpu/choose-device.ts';
import { DeviceLost } from '../../../device/gpu/kernel.ts';
import { gpuMlpEngine } from '../../../device/gpu/mlp.ts';
import type { MlpSet } from './batches.ts';
import type { MakeEngine } from './engine.ts';
import {
  MlpRun,
  type MlpCheckpoint,
  type MlpEpoch,
  type MlpOptions,
  type MlpTrainer,
} from './trainer.ts';

export interface TrainMlpOptions extends MlpOptions {
  readonly epochs: number;
  /** Where the arithmetic is done; `chooseDevice()` knows. */
  readonly device: DeviceChoice;
  /** A run to go on with. */
  readonly from?: MlpCheckpoint;
  readonly onEpoch?: (epoch: MlpEpoch, checkpoint: MlpCheckpoint) => void;
  readonly log: (line: string) => void;
}

/**
 * Learns an MLP, with a checkpoint after every epoch. When the device is lost the run goes on from the last one on the
 * CPU, and says so.
 * @returns the trainer, which has the best network; the caller closes it.
 */
export async function trainMlp(set: MlpSet, options: TrainMlpOptions): Promise<MlpTrainer> {
  const { device, epochs, log } = options;
  let checkpoint = options.from;
  const begin = (makeEngine?: MakeEngine): MlpRun => {
    const run = new MlpRun(makeEngine);
    run.start(set, options);
    if (checkpoint !== undefined) run.resume(checkpoint);
    return run;
  };
  const gpu = gpuOf(device);
  let trainer = begin(gpu && gpuMlpEngine(gpu));
  for (;;) {
    const curve = checkpoint?.curve ?? [];
    if (curve.length >= epochs || curve.at(-1)?.stop === true) return trainer;
    try {
      const epoch = await trainer.epoch();
      checkpoint = await trainer.checkpoint();
      options.onEpoch?.(epoch, checkpoint);
    } catch (error) {
      if (!(error instanceof DeviceLost)) throw error;
      log(`${error.message}: the run goes on from epoch ${curve.length} on the CPU`);
      trainer.close();
      trainer = begin();
    }
  }
}
