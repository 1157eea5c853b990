import type { Version } from '../../shared/domain/ids.ts';
import type { Scorer } from '../../shared/score/scorer.ts';
import { STRIDE } from '../../shared/score/scorer.ts';
import { countIn, drift, scoreBins, type Drift } from '../science/evaluation/drift.ts';
import { pointsPerRow } from '../science/learn/score-set.ts';
import { tooLittleData, found, NOTHING, type Observation } from './finding.ts';
import type { MonitorSettings } from './settings.ts';
import type { SlateSample } from './slate-sample.ts';

/** How often each bucket of each feature, and each bin of the champion's scores, was shown. Every session has the same weight. */
export interface Profile {
  readonly champion: Version;
  readonly sessions: number;
  /** Per feature, in schema order. */
  readonly features: readonly Float64Array[];
  readonly scores: { readonly edges: readonly number[]; readonly counts: readonly number[] };
}

/** @param edges of the reference's score bins; absent where this is the reference. */
export function profileOf(
  champion: Scorer,
  sample: SlateSample,
  edges?: readonly number[],
): Profile {
  const points = pointsPerRow(champion, sample);
  const ownEdges = edges ?? scoreBins(points).edges;
  return {
    champion: champion.version,
    sessions: sample.sessions,
    features: champion.schema.features.map((_, feature) => bucketWeights(sample, feature)),
    scores: { edges: ownEdges, counts: countIn(ownEdges, points, sample.weights) },
  };
}

function bucketWeights({ rows, codes, weights }: SlateSample, feature: number): Float64Array {
  const counts = new Float64Array(STRIDE);
  for (let row = 0; row < rows; row++) counts[codes[feature * rows + row]] += weights[row];
  return counts;
}

const KEY = 'drift';
const WORST = 5;

/**
 * One alert for all features that drifted: a change of the catalogue or of the visitors moves many of them at once.
 * @param names of the features, in schema order.
 */
export function findDrift(
  names: readonly string[],
  reference: Profile,
  current: Profile,
  { maxScorePsi, maxFeaturePsi, minSessions }: MonitorSettings['drift'],
): Observation {
  if (Math.min(reference.sessions, current.sessions) < minSessions) return tooLittleData(KEY);
  const scores = drift(reference.scores.counts, current.scores.counts);
  const features = names.map((feature, i) => ({
    feature,
    ...drift(reference.features[i], current.features[i]),
  }));
  const moved = [
    ...(scores.excess > maxScorePsi ? [{ feature: 'scores', ...scores }] : []),
    ...features
      .filter(({ excess }) => excess > maxFeaturePsi)
      .toSorted((a, b) => b.excess - a.excess),
  ];
  if (moved.length === 0) return NOTHING;
  const shown = moved.slice(0, WORST).map(said).join(', ');
  const more = moved.length > WORST ? ` and ${moved.length - WORST} more` : '';
  return found({
    key: KEY,
    kind: KEY,
    message: `what is ranked has drifted from what ${reference.champion} learned from: ${shown}${more}`,
    details: {
      champion: reference.champion,
      sessions: current.sessions,
      moved: moved.map(({ feature, psi, byChance, excess }) => ({
        feature,
        psi,
        byChance,
        excess,
      })),
    },
  });
}

const said = ({ feature, excess }: Drift & { feature: string }) =>
  `${feature} (PSI ${excess.toFixed(2)} above chance)`;
