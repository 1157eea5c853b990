import { json } from '../../../backend/client/backend-client.ts';
import { RULES_VERSION, type Version } from '../../../shared/domain/ids.ts';
import { bucketCount, namedLabel } from '../../../shared/features/schema.ts';
import { smarttrip } from '../../../shared/features/smarttrip.ts';
import { table } from '../../../shared/text/text.ts';
import type { Teller } from './story.ts';
import type { Likes, Taste } from './taste.ts';

/** The most telling points of a version, beside those of the rules and what the visitors hide. */
export async function whatChanged(
  { client }: Teller,
  version: Version,
  { likes }: Taste,
): Promise<string> {
  const { points } = await json(client.weights[':version'].$get({ param: { version } }));
  const [rules, learned, hidden] = [smarttrip.rules, points, likes].map(contrasts);
  const rows = rules
    .map((rule, i) => ({ ...rule, learned: learned[i].points, hidden: hidden[i].points }))
    .toSorted((a, b) => Math.abs(b.learned - b.points) - Math.abs(a.learned - a.points))
    .slice(0, SHOWN)
    .map(({ what, points: rule, ...by }) => [what, ...[rule, by.learned, by.hidden].map(signed)]);
  return table(['points of', RULES_VERSION, version, 'hidden taste'], rows);
}

const SHOWN = 5;

/** A feature's points count by their differences alone, so each bucket is told against the mean of its feature. */
function contrasts(points: Likes) {
  return smarttrip.features.flatMap((spec) => {
    // Bucket 0 is of what is missing.
    const own = Array.from(
      { length: bucketCount(spec) - 1 },
      (_, i) => points[spec.name]?.[i + 1] ?? 0,
    );
    const mean = own.reduce((sum, value) => sum + value, 0) / own.length;
    return own.map((value, i) => ({
      what: namedLabel(smarttrip, spec, i + 1),
      points: value - mean,
    }));
  });
}

const signed = (value: number): string => `${value > 0 ? '+' : ''}${value.toFixed(1)}`;
