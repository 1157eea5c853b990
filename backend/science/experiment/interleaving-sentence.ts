import { count } from '../../../shared/text/text.ts';
import { percent, spanned } from './number-text.ts';
import type { Interleaving } from './interleaving.ts';
import type { NoAnswer } from '../statistics/unavailable.ts';

/** The verdict of an interleaved experiment, by its always-valid interval. */
export function interleavingSentence(found: Interleaving | NoAnswer, treatment: string): string {
  if (found.kind === 'no-answer') return found.message;
  const { preference, sequential, statistic } = found;
  const won = `${percent(0.5 + preference)} of ${count(statistic.sessions)} sessions, Δ ${spanned(sequential.low, sequential.high)}, always valid`;
  if (sequential.low > 0) return `${treatment} is preferred: ${won}`;
  if (sequential.high < 0) return `${treatment} is less preferred: ${won}`;
  return `no preference found yet: ${won}`;
}
