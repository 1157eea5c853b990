import { withUnseenEscaped } from '../../shared/domain/unseen.ts';
import { duration, moment } from '../../shared/text/text.ts';
import type { Notice } from './notice.ts';
import { runbookAnchor, runbookOf } from './runbook.ts';

/** A notice for people: plain text, in lines without breaks, of which each channel makes its own form. */
export interface NoticeText {
  /** Holds nothing that a user wrote. */
  readonly title: string;
  readonly message: string;
  readonly facts: readonly (readonly [name: string, value: string])[];
}

const LONGEST_MESSAGE = 2000;
const LONGEST_FACT = 300;

/** @param alertsPage of the dashboard, which has the runbook, where it is known. */
export function noticeText({ type, alert }: Notice, alertsPage?: string): NoticeText {
  const { kind, severity, key, openedAt, resolvedAt } = alert;
  const title = { opened: 'Alert', recovered: 'Over', test: 'Test' }[type];
  return {
    title: `${title}: ${plainLine(kind, 80)} (${severity})`,
    message: plainLine(alert.message, LONGEST_MESSAGE),
    facts: [
      ['Since', moment(openedAt)],
      ...(type === 'recovered' && resolvedAt !== null
        ? [['Over after', duration(Math.max(0, resolvedAt - openedAt))] as const]
        : []),
      ...(key === kind ? [] : [['About', plainLine(key, LONGEST_FACT)] as const]),
      ...(runbookOf(kind) === undefined || type === 'recovered'
        ? []
        : [['Runbook', `${alertsPage ?? 'docs/runbook.md'}#${runbookAnchor(kind)}`] as const]),
    ],
  };
}

// oxlint-disable-next-line no-control-regex -- they are what is taken out
const CONTROL = /[\u0000-\u001f\u007f-\u009f]+/g;

/**
 * One line that reads as it looks: breaks and other control characters are spaces, marks that hide or turn text around are shown as
 * escapes, and what is longer than `most` code points ends in `…`.
 */
export function plainLine(text: string, most: number): string {
  const shown = withUnseenEscaped(text.replace(CONTROL, ' ').toWellFormed()).trim();
  const points = [...shown];
  return points.length > most ? `${points.slice(0, most - 1).join('')}…` : shown;
}
