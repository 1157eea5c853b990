import type { TrainingSet } from '../training-set.ts';

/** What suits a set of a size, where nothing else is asked for. */
export interface SizedSettings {
  /** Rows after which a batch is full. */
  readonly batchRows: number;
  /** Epochs without a lower validation loss until a run stops. */
  readonly patience: number;
  readonly mostEpochs: number;
  /** Ridge on the loss per unit of reward (listwise) or row (pointwise). */
  readonly l2: number;
}

const [FEWEST_ROWS, MOST_ROWS] = [256, 4096];
/** Steps of an epoch, as long as batches may grow. */
const STEPS = 20;
const [PATIENT_STEPS, FEWEST_PATIENT_EPOCHS] = [200, 3];
const [MOST_STEPS, FEWEST_MOST_EPOCHS] = [4000, 40];
const RIDGE = 20;
const [LEAST_L2, MOST_L2] = [1e-4, 0.02];

/**
 * A run learns by its steps, of which a small set in large batches has too few, while an epoch is soon over: batches grow
 * with the rows, and patience and the most epochs are steps, though never fewer epochs than a large set needs. The ridge
 * is a prior, whose whole weight stays as data grow: per unit of the loss it falls. The figures were chosen on trials of
 * 2,000 to 8,000 rows of several data sets, and are those of before from 80,000 rows and 200,000 units of loss on.
 * @param mass what the set's loss is divided by.
 */
export function settingsFor({ rows }: Pick<TrainingSet, 'rows'>, mass: number): SizedSettings {
  const batchRows = clamp(2 ** Math.round(Math.log2(rows / STEPS)), FEWEST_ROWS, MOST_ROWS);
  const stepsPerEpoch = Math.ceil(rows / batchRows);
  return {
    batchRows,
    patience: Math.max(
      FEWEST_PATIENT_EPOCHS,
      Math.ceil(PATIENT_STEPS / Math.max(stepsPerEpoch, STEPS)),
    ),
    mostEpochs: Math.max(
      FEWEST_MOST_EPOCHS,
      Math.ceil(MOST_STEPS / Math.max(stepsPerEpoch, STEPS)),
    ),
    l2: clamp(RIDGE / mass, LEAST_L2, MOST_L2),
  };
}

const clamp = (value: number, least: number, most: number): number =>
  Math.min(Math.max(value, least), most);
