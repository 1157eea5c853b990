import { badge, h, muted, notice, when, type Section } from '../../dom.ts';
import { trainingDataNote } from '../../format.ts';
import type { LiveWeights } from '../../../../http/answers.ts';
import { actionsOf } from './actions.ts';
import type { Listed } from './answers.ts';

/** What a version is, and what can be done with it. */
export function headSection(known: Listed, live: LiveWeights | null): Section {
  const { version, name, kind, parent, createdAt, belowMinimums, schemaName } = known;
  const isLive = live?.version === version;
  return {
    id: 'version',
    wide: true,
    content: [
      h(
        'div',
        { class: 'champion' },
        h('span', { class: 'version' }, version),
        h('span', { class: 'name' }, name),
        isLive && badge('champion', 'good'),
        isLive && live.hold && badge('held', 'warn'),
        h('span', { class: 'actions push' }, actionsOf(known, live)),
      ),
      muted(
        `${kind}, schema ${schemaName}, ${parent === null ? 'without a parent' : `from ${parent}`}, made `,
        when(createdAt),
      ),
      belowMinimums !== null &&
        belowMinimums.length > 0 &&
        notice('warn', trainingDataNote(belowMinimums)),
    ],
  };
}
