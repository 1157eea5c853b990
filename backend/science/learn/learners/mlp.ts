import { networkPoints } from '../../../../shared/score/network.ts';
import type { MlpSet } from '../mlp/batches.ts';
import { settingsFor } from '../mlp/settings-for.ts';
import { lossMass } from '../loss.ts';
import { trainMlp } from '../mlp/train-mlp.ts';
import { scoreRows } from '../score-rows.ts';
import type { OffsetSet, RerankLearner } from './learner.ts';

/** A multilayer perceptron on the softmax over each slate (or on each row, as the schema's objective says). */
export const mlpLearner: RerankLearner = {
  async fit(train, validation, { schema, seed, rounds, device, onStep }) {
    const { objective } = schema.training;
    const { mostEpochs } = settingsFor(train.set, lossMass(train.set, objective));
    const trainer = await trainMlp(withBase(train), {
      objective,
      seed,
      epochs: rounds ?? mostEpochs,
      device,
      ...(validation && { validation: withBase(validation) }),
      onEpoch: ({ epoch, trainLoss, validationLoss }) =>
        onStep({
          iteration: epoch,
          trainLoss,
          ...(validationLoss === undefined ? {} : { validationLoss }),
        }),
    });
    const { best } = await trainer.checkpoint();
    const plain = trainer.toNetwork(1);
    // The arrays are copies: the trainer's own may go.
    trainer.close();
    return {
      rounds: Math.max(best.epoch, 1),
      scores: (set) => scoreRows(set, (codes) => networkPoints(plain, codes)),
      part: (points) => ({
        kind: 'mlp',
        network: {
          ...plain,
          output: plain.output.map((weight) => weight * points),
          outputBias: Math.fround(plain.outputBias * points),
        },
      }),
    };
  },
};

const withBase = ({ set, offset }: OffsetSet): MlpSet =>
  offset === undefined ? set : { ...set, base: Float32Array.from(offset) };
