import { badge, empty, h, table, when } from './dom.js';
import { ago, duration } from './format.js';

/** @typedef {import('../../http/answers.ts').Alert} Alert */

/**
 * Open and recent alerts, and the monthly reports.
 * @param {readonly Alert[]} alerts newest first @param {readonly { readonly month: string }[]} reports
 * @param {number} nowMs
 */
export function alertsSection(alerts, reports, nowMs) {
  const openFirst = alerts.toSorted((a, b) => Number(isOver(a)) - Number(isOver(b)));
  return [
    alerts.length === 0
      ? empty('No alert so far.')
      : table(
          [{ label: '' }, { label: 'Kind' }, { label: 'Message' }, { label: 'Since' }],
          openFirst.map((alert) => [
            isOver(alert) ? badge('resolved', 'plain') : badge('open', 'bad'),
            h('span', { class: 'nowrap' }, alert.kind),
            h('span', { class: 'sentence' }, alert.message),
            h('span', { class: 'nowrap' }, since(alert, nowMs)),
          ]),
        ),
    reports.length === 0
      ? undefined
      : h(
          'p',
          { class: 'reports' },
          'Models compared: ',
          ...reports.flatMap(({ month }) => [
            h('a', { href: `/v1/reports/${month}?format=html` }, month),
            ' ',
          ]),
        ),
  ].filter((part) => part !== undefined);
}

/** @param {Alert} alert */
const isOver = ({ resolvedAt }) => resolvedAt !== null;

/** @param {Alert} alert @param {number} nowMs */
const since = ({ openedAt, resolvedAt }, nowMs) =>
  when(
    openedAt,
    resolvedAt === null
      ? ago(openedAt, nowMs)
      : `${ago(openedAt, nowMs)}, for ${duration(resolvedAt - openedAt)}`,
  );
