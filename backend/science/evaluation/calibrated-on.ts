import { isCalibrated, type Calibration, type Scorer } from '../../../shared/score/scorer.ts';
import { calibrate } from '../learn/calibrate.ts';
import { pointsPerRow } from '../learn/score-set.ts';
import { slateCount, type TrainingSet } from '../learn/training-set.ts';

/** A calibration, and what it was fitted on. */
export interface FittedCalibration extends Calibration {
  /** Earlier slates that it was fitted on here; absent where it came with the version, from the data it learned from. */
  readonly earlierSlates?: number;
}

/**
 * What makes probabilities of a scorer's points: its own calibration, or for points set by hand, which are no log-odds,
 * Platt scaling (Platt, 1999) on earlier slates. A log loss of raw points says only how large the points are.
 * @param earlier slates before those that are judged, so that no judged slate calibrates itself.
 * @returns undefined where the earlier slates hold no reward, or nothing but rewards: then there are no probabilities.
 */
export function calibratedOn(scorer: Scorer, earlier: TrainingSet): FittedCalibration | undefined {
  if (isCalibrated(scorer)) return scorer.calibration;
  const rewarded = earlier.reward.reduce((count, reward) => count + Number(reward > 0), 0);
  if (rewarded === 0 || rewarded === earlier.rows) return undefined;
  return {
    ...calibrate(pointsPerRow(scorer, earlier), earlier.reward),
    earlierSlates: slateCount(earlier),
  };
}
