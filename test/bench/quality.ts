import {
  additiveBesideSklearn,
  boostedBesideLightgbm,
  boostedBesideXgboost,
  forestBesideSklearn,
  gradedMlpBesideSklearn,
  lambdaMartBesideLightgbm,
  MLP_PEERS,
  mlpBesideSklearn,
  onTrivago,
  trivagoMlpBesideSklearn,
  type Measured,
  type MlpPeer,
} from '../oracle/peers/quality.ts';
import { EXAMPLE_DATA } from '../oracle/peers/example-data.ts';
import { unlessPeers } from '../oracle/peers/python.ts';
import { TRIVAGO } from '../oracle/peers/trivago-sets.ts';
import { unlessXgboost } from '../oracle/peers/xgboost.ts';
import { unlessShared } from '../support/shared-data.ts';
import type { IntervalEstimate } from '../../backend/science/statistics/interval.ts';
import type { Part, Say } from './support/part.ts';
import type { BenchRow } from './support/row.ts';

const REPEATS = 2;

const COMPARED = [
  ['boosted, 31 leaves', 'LightGBM', unlessPeers, boostedBesideLightgbm],
  ['boosted, depth 6', 'XGBoost hist', () => unlessXgboost, boostedBesideXgboost],
  ['random forest', 'scikit-learn', unlessPeers, forestBesideSklearn],
  ['additive', 'scikit-learn', unlessPeers, additiveBesideSklearn],
  ['LambdaMART, 31 leaves', 'LightGBM', unlessPeers, lambdaMartBesideLightgbm],
  ...(Object.keys(MLP_PEERS) as MlpPeer[]).flatMap(
    (peer) =>
      [
        ['MLP', `scikit-learn, ${peer}`, unlessPeers, mlpBesideSklearn(peer)],
        ['MLP, graded', `scikit-learn, ${peer}`, unlessPeers, gradedMlpBesideSklearn(peer)],
      ] as const,
  ),
] as const;

/** What the learners learn, beside the peers, on the same codes. */
export async function benchQuality(say: Say): Promise<Part> {
  const rows: BenchRow[] = [];
  const skipped: string[] = [];
  for (const [name, peer, unlessPeer, compare] of COMPARED) {
    const why = unlessShared(EXAMPLE_DATA) || unlessPeer();
    if (why !== '') {
      skipped.push(`${name} (skipped: ${why})`);
      continue;
    }
    say(`quality: ${name} beside ${peer}`);
    for (const measured of await compare(REPEATS)) rows.push(...rowsOf(name, peer, measured));
  }
  const why = unlessShared(TRIVAGO) || unlessPeers();
  if (why === '') {
    say('quality: hotel searches');
    const { lambdaMart, lightgbm, additive, difference } = await onTrivago();
    rows.push(
      { name: 'trivago, LambdaMART: MRR', value: lambdaMart, unit: '' },
      { name: 'trivago, LightGBM: MRR', value: lightgbm, unit: '' },
      ...differenceRows('trivago: MRR', difference),
      { name: 'trivago, additive: MRR', value: additive, unit: '' },
    );
    for (const { peer, ours, theirs, difference: apart } of await trivagoMlpBesideSklearn())
      rows.push(
        { name: 'trivago, MLP: MRR', value: ours, unit: '' },
        { name: `  scikit-learn, ${peer}`, value: theirs, unit: '' },
        ...differenceRows('trivago: MRR', apart),
      );
  } else skipped.push(`trivago (skipped: ${why})`);
  return {
    rows,
    notes: [
      '100 trees, rate 0.1, each with the settings that the other has by default; codes of at most 255 bins, the same for both',
      `values on the given test split (500 rows, 50 queries: too few to decide); differences are ours minus theirs over ${REPEATS} × 5-fold cross-validation of all rows, 95 % intervals with Nadeau and Bengio's variance`,
      'trivago: searches split by time, 100 trees of 15 leaves, rate 0.05; intervals are clustered by session',
      ...skipped,
    ],
  };
}

const rowsOf = (
  name: string,
  peer: string,
  { measure, ours, theirs, folds, difference }: Measured,
): BenchRow[] => [
  { name: `${name}: ${measure}, given split`, value: ours, unit: '' },
  { name: `  ${peer}`, value: theirs, unit: '' },
  { name: `${name}: ${measure}, folds`, value: folds.ours, unit: '' },
  { name: `  ${peer}`, value: folds.theirs, unit: '' },
  ...differenceRows(measure, difference),
];

const differenceRows = (measure: string, { mean, low, high }: IntervalEstimate): BenchRow[] => [
  { name: `  ours − theirs, ${measure}: mean`, value: mean, unit: '' },
  { name: '  from', value: low, unit: '' },
  { name: '  to', value: high, unit: '' },
];
