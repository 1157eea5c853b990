import { badge, empty, h, table, when } from './dom.js';
import { ago, duration } from './format.js';

/**
 * What is wrong now and was lately, and the monthly reports.
 * @param alerts of `GET /v1/alerts?all=true`, newest first @param reports of `GET /v1/reports`
 */
export function alertsSection(alerts, reports, nowMs) {
  const openFirst = alerts.toSorted((a, b) => isOver(a) - isOver(b));
  return [
    alerts.length === 0
      ? empty('Nothing was found wrong so far.')
      : table(
          [{ label: '' }, { label: 'Kind' }, { label: 'What' }, { label: 'Since' }],
          openFirst.map((alert) => [
            isOver(alert) ? badge('over', 'plain') : badge('open', 'bad'),
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

const isOver = ({ resolvedAt }) => resolvedAt !== null;

const since = ({ openedAt, resolvedAt }, nowMs) =>
  when(
    openedAt,
    resolvedAt === null
      ? ago(openedAt, nowMs)
      : `${ago(openedAt, nowMs)}, for ${duration(resolvedAt - openedAt)}`,
  );
