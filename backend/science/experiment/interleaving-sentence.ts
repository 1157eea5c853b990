import { count } from '../../../shared/text/text.ts';
import { percentText, intervalText } from './number-text.ts';
import type { Interleaving } from './interleaving.ts';
import type { Unavailable } from '../statistics/unavailable.ts';

/** The verdict of an interleaved experiment, by its confidence sequence. */
export function interleavingSentence(found: Interleaving | Unavailable, treatment: string): string {
  if (found.kind === 'no-answer') return found.message;
  const { preference, sequential, statistic } = found;
  const won = `${percentText(0.5 + preference)} of ${count(statistic.sessions)} sessions, Δ ${intervalText(sequential.low, sequential.high)}, always valid`;
  if (sequential.low > 0) return `${treatment} is preferred: ${won}`;
  if (sequential.high < 0) return `${treatment} is less preferred: ${won}`;
  return `no preference found yet: ${won}`;
}
