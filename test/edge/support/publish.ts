import { env } from 'cloudflare:workers';
import { parseVersion } from '../../../shared/domain/ids.ts';
import type { Item } from '../../../shared/domain/item.ts';
import type { SnapshotPointer } from '../../../shared/domain/pointer.ts';
import type { Trade } from '../../../shared/domain/trade.ts';
import { packItems } from '../../../shared/features/columns/item-table.ts';
import type { Schema } from '../../../shared/features/schema.ts';
import { smarttrip } from '../../../shared/features/smarttrip.ts';
import type { LearnedColumns } from '../../../shared/features/columns/learned-columns.ts';
import { learnedToBytes } from '../../../shared/format/learned-bytes.ts';
import { scorerToBytes } from '../../../shared/format/scorer-bytes.ts';
import { snapshotHash, snapshotToBytes } from '../../../shared/format/snapshot-bytes.ts';
import type { Posterior } from '../../../shared/score/posterior.ts';
import {
  additiveFromPoints,
  type AdditiveScorer,
  type Scorer,
} from '../../../shared/score/scorer.ts';

/** No chance in it: the best is always first. */
const DETERMINISTIC = { temperature: 0, epsilon: 0, poolSize: 50 };

/** Puts a catalogue live, in two parts. @param about what else its pointer says. @param trade its markets and rates. @returns its hash. */
export async function publishItems(
  items: readonly Item[],
  schema = smarttrip,
  about: Partial<SnapshotPointer> = {},
  trade?: Trade,
): Promise<string> {
  const bytes = snapshotToBytes(schema, packItems(schema.columns, items), trade);
  const hash = snapshotHash(bytes);
  const half = bytes.length >> 1;
  await env.CATALOGUE.put(`s/${hash}/0`, bytes.slice(0, half));
  await env.CATALOGUE.put(`s/${hash}/1`, bytes.slice(half));
  const pointer = { hash, parts: 2, sizeBytes: bytes.length, at: Date.now(), ...about };
  await env.CATALOGUE.put('active', JSON.stringify(pointer));
  return hash;
}

/** Stores a scorer without moving the pointer. */
export async function storeScorer(
  version: string,
  {
    schema = smarttrip,
    points = schema.rules,
    exploration = DETERMINISTIC,
    posterior,
  }: Partial<{
    schema: Schema;
    points: Schema['rules'];
    exploration: Schema['exploration'];
    posterior: Posterior;
  }> = {},
): Promise<AdditiveScorer> {
  const about = {
    version: parseVersion(version),
    name: `test ${version}`,
    exploration,
    ...(posterior && { posterior }),
  };
  const scorer = additiveFromPoints(schema, points, about);
  await env.WEIGHTS.put(`w/${version}`, scorerToBytes(scorer));
  return scorer;
}

/** Moves the pointer: text is written as it is, as ops would; a version in an object as the publisher does. */
export const pointAt = (pointer: string | object): Promise<void> =>
  env.WEIGHTS.put('active', typeof pointer === 'string' ? pointer : JSON.stringify(pointer));

export async function publishScorer(
  version: string,
  options: Parameters<typeof storeScorer>[1] = {},
): Promise<AdditiveScorer> {
  const scorer = await storeScorer(version, options);
  await pointAt({ champion: version });
  return scorer;
}

/** Puts a scorer of any kind live. */
export async function publishWhole(scorer: Scorer): Promise<void> {
  await env.WEIGHTS.put(`w/${scorer.version}`, scorerToBytes(scorer));
  await pointAt({ champion: scorer.version });
}

/** Puts learned columns live. @param about what else their pointer says. @returns their hash. */
export async function publishLearned(
  columns: LearnedColumns,
  about: Partial<SnapshotPointer> = {},
): Promise<string> {
  const bytes = learnedToBytes(columns);
  const hash = snapshotHash(bytes);
  await env.CATALOGUE.put(`l/${hash}/0`, bytes);
  const pointer = { hash, parts: 1, sizeBytes: bytes.length, at: Date.now(), ...about };
  await env.CATALOGUE.put('learned', JSON.stringify(pointer));
  return hash;
}
