import type { Schema } from '../../shared/features/schema.ts';
import { DAY_MS } from '../../shared/domain/utc-day.ts';
import { unseenText, type QualityReport } from '../log/partitions/quality.ts';
import type { Span } from '../log/account/span.ts';
import { found, NOTHING, tooLittleData, type Observation } from './finding.ts';
import type { MonitorSettings } from './settings.ts';

const KEY = 'unseen values';
/** A day is too short for all of a catalogue to be shown. */
const WINDOW_MS = 7 * DAY_MS;

type Judged = Pick<QualityReport, 'unseen' | 'completeness'>;

/** Themes, regions and types of which many items could be shown and none was. A kind of its own: it holds no training. */
export function findUnseenValues(
  { unseen, completeness }: Judged,
  { minRankings, minUnseenShare }: MonitorSettings['quality'],
): Observation {
  if (completeness.of < minRankings) return tooLittleData(KEY);
  const many = unseen.filter(({ share }) => share >= minUnseenShare);
  if (many.length === 0) return NOTHING;
  return found({
    key: KEY,
    kind: KEY,
    message: `in seven days ${unseenText(many)}`,
    details: { unseen: many.slice(0, 50) },
  });
}

interface UnseenValuesDeps {
  readonly schema: () => Promise<Schema>;
  readonly quality: (schema: Schema, window: Span) => Promise<Judged>;
}

export const readUnseenValues = async (
  { schema, quality }: UnseenValuesDeps,
  settings: MonitorSettings['quality'],
  nowMs: number,
): Promise<Observation> =>
  findUnseenValues(await quality(await schema(), { from: nowMs - WINDOW_MS, to: nowMs }), settings);
