import { bucketLabel, namedLabel } from '../features/schema.ts';
import type { Speech } from '../features/speech.ts';
import { TOGETHER } from '../features/texts.ts';
import type { FeatureSpec } from '../features/kinds/index.ts';
import type { Reason } from './answered-item.ts';
import { cellReader, crossName } from './learned-cross.ts';
import { BLOCK } from './rerank-block.ts';
import { rerankRows, type RerankingScorer } from './rerank.ts';
import { STRIDE, toPoints, type Scorer } from './scorer.ts';

/**
 * Contributions that are not 0, by decreasing absolute value. Those of the first pass are included only if its score
 * counts (it does not when a re-ranker replaces it).
 * @param codes one item's codes, `Uint8Array(F)`. @param speech says them in a language besides.
 */
export function explain(scorer: Scorer, codes: Uint8Array, speech?: Speech): Reason[] {
  const reasons: Reason[] =
    scorer.kind === 'additive'
      ? firstPassReasons(scorer, codes, speech)
      : [
          ...(scorer.rerank.adds ? firstPassReasons(scorer, codes, speech) : []),
          ...rerankReasons(scorer, codes, speech),
        ];
  return reasons.toSorted((a, b) => Math.abs(b.points) - Math.abs(a.points));
}

function firstPassReasons(
  { schema, crosses = [], weights }: Scorer,
  codes: Uint8Array,
  speech: Speech | undefined,
): Reason[] {
  const { features } = schema;
  const because = (feature: number) => bucketLabel(schema, features[feature], codes[feature]);
  const named = (feature: number) => namedLabel(schema, features[feature], codes[feature]);
  const pointsAt = (feature: number, bucket: number) =>
    toPoints(weights[feature * STRIDE + bucket]);
  const reasons: Reason[] = [];
  // Words take longer than points: what adds nothing gets none.
  features.forEach((spec, feature) => {
    const points = pointsAt(feature, codes[feature]);
    if (points === 0) return;
    const text = speech && said(speech, spec, codes[feature]);
    reasons.push({ feature: spec.name, because: because(feature), points, ...text });
  });
  crosses.forEach((cross, k) => {
    const points = pointsAt(features.length + k, cellReader(schema, cross)(codes));
    if (points === 0) return;
    const text = speech && {
      text: {
        feature: cross.map((part) => speech.feature(features[part].name)).join(' × '),
        because: cross.map((part) => speech.named(features[part], codes[part])).join(' × '),
      },
    };
    const both = cross.map(named).join(' × ');
    reasons.push({ feature: crossName(schema, cross), because: both, points, ...text });
  });
  return reasons;
}

const said = (speech: Speech, spec: FeatureSpec, bucket: number): Pick<Reason, 'text'> => ({
  text: { feature: speech.feature(spec.name), because: speech.because(spec, bucket) },
});

function rerankReasons(
  scorer: RerankingScorer,
  codes: Uint8Array,
  speech: Speech | undefined,
): Reason[] {
  const by = scorer.kind;
  const { features } = scorer.schema;
  // The item as it is, and then with each of its features missing.
  const [total, ...without] = rerankRows(scorer, 1 + features.length, (block, from, count) => {
    features.forEach((_, feature) => {
      const start = feature * BLOCK;
      block.fill(codes[feature], start, start + count);
      const missing = 1 + feature - from;
      if (missing >= 0 && missing < count) block[start + missing] = 0;
    });
  });
  let left = total;
  const alone = features.flatMap((spec, feature) => {
    const units = total - without[feature];
    left -= units;
    const points = toPoints(units);
    if (points === 0) return [];
    const because = bucketLabel(scorer.schema, spec, codes[feature]);
    const text = speech && said(speech, spec, codes[feature]);
    return { feature: spec.name, because, points, by, ...text };
  });
  const points = toPoints(left);
  if (points === 0) return alone;
  const together = { feature: TOGETHER, because: 'what no feature does alone' };
  const text = speech && {
    text: { feature: speech.feature(TOGETHER), because: speech.label(together.because) },
  };
  return [...alone, { ...together, points, by, ...text }];
}
