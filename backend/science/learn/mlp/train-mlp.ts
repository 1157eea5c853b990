import type { Device, Kernels } from '../device/device.ts';
import type { MlpSet } from './batches.ts';
import {
  MlpRun,
  type MlpCheckpoint,
  type MlpEpoch,
  type MlpOptions,
  type MlpTrainer,
} from './trainer.ts';

export interface TrainMlpOptions extends MlpOptions {
  readonly epochs: number;
  readonly device: Device;
  /** A run to go on with. */
  readonly from?: MlpCheckpoint;
  readonly onEpoch?: (epoch: MlpEpoch, checkpoint: MlpCheckpoint) => void;
}

/**
 * Learns an MLP, with a checkpoint after every epoch: when a device fails, the run goes on from the last one.
 * @returns the trainer, which has the best network; the caller closes it.
 */
export async function trainMlp(set: MlpSet, options: TrainMlpOptions): Promise<MlpTrainer> {
  const { device, epochs, onEpoch } = options;
  let checkpoint = options.from;
  const train = async (kernels: Kernels): Promise<MlpTrainer> => {
    const run = new MlpRun(kernels.mlp);
    try {
      run.start(set, options);
      if (checkpoint !== undefined) run.resume(checkpoint);
      while ((checkpoint?.curve.length ?? 0) < epochs && !checkpoint?.curve.at(-1)?.stop) {
        const epoch = await run.epoch();
        checkpoint = await run.checkpoint();
        onEpoch?.(epoch, checkpoint);
      }
      return run;
    } catch (error) {
      run.close();
      throw error;
    }
  };
  return device.run(train, () => `the run goes on from epoch ${checkpoint?.curve.length ?? 0}`);
}
