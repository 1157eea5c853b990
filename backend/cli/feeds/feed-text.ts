import { count, counted, moment } from '../../../shared/text/text.ts';
import type { FeedState } from '../../http/answers.ts';

/** What became of a feed, in a line. */
export const feedText = ({ items, takenAt, nextAt, problem, refusedSince }: FeedState): string =>
  [
    counted(items, 'item'),
    takenAt === null ? 'never taken' : `last taken ${moment(takenAt)}`,
    ...(problem === null
      ? []
      : [`refused since ${refusedSince === null ? '–' : moment(refusedSince)}: ${problem}`]),
    nextAt === null ? 'next on request' : `next ${moment(nextAt)}`,
  ].join('; ');

export const takenText = (
  taken: Readonly<Record<'created' | 'changed' | 'unchanged' | 'withdrawn' | 'refused', number>>,
): string =>
  `${count(taken.created)} new, ${count(taken.changed)} changed, ${count(taken.unchanged)} unchanged, ${count(taken.withdrawn)} withdrawn, ${counted(taken.refused, 'row')} refused`;
