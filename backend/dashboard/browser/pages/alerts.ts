import { api, json, mayAct } from '../api.ts';
import {
  badge,
  button,
  code,
  empty,
  h,
  table,
  unfold,
  when,
  type Child,
  type Section,
} from '../dom.ts';
import { RUNBOOK, runbookAnchor, runbookOf, type RunbookEntry } from '../../../monitor/runbook.ts';
import { ask } from '../dialog.ts';
import { duration, isoMinute } from '../format.ts';
import { choose, chosen } from '../state.ts';
import type { Alert } from '../../../http/answers.ts';
import { refreshPage, type Page } from './page.ts';

export const alertsPage: Page = {
  topics: ['alerts'],
  everyMs: 60_000,
  async load() {
    const { alerts } = await json(api.alerts.$get({ query: { all: 'true', limit: '500' } }));
    const kind = chosen('kind');
    const shown = kind === undefined ? alerts : alerts.filter((alert) => alert.kind === kind);
    const open = shown.filter(({ resolvedAt }) => resolvedAt === null);
    const over = shown.filter(({ resolvedAt }) => resolvedAt !== null);
    return [
      filter([...new Set(alerts.map((alert) => alert.kind))], kind),
      openSection(open),
      overSection(over),
      runbookSection(kindsOf(open), kindsOf(over)),
    ];
  },
};

const kindsOf = (alerts: readonly Alert[]) => new Set(alerts.map(({ kind }) => kind));

function filter(kinds: readonly string[], kind: string | undefined): Section {
  const select = h(
    'select',
    { id: 'alert-kind', 'data-chooses': true },
    h('option', { value: '' }, 'all kinds'),
    kinds.toSorted().map((own) => h('option', { value: own, selected: own === kind }, own)),
  );
  select.addEventListener('change', () => choose({ kind: select.value }));
  return {
    id: 'filter',
    wide: true,
    content: [h('div', { class: 'filter' }, h('label', { for: 'alert-kind' }, 'Show'), select)],
  };
}

const openSection = (open: readonly Alert[]): Section => ({
  id: 'open',
  title: 'Open',
  wide: true,
  content: [
    open.length === 0
      ? empty(
          'No alert is open.',
          'What opens one, and at which limits, is set under monitors of the configuration file.',
        )
      : table(
          'Open alerts',
          [
            { label: 'Kind' },
            { label: 'Message' },
            { label: 'Since' },
            { label: 'State' },
            { label: 'Actions', hidden: true },
          ],
          open.map((alert) => [
            h('span', { class: 'nowrap' }, badge(alert.kind, 'bad')),
            h('span', { class: 'sentence' }, alert.message, ' ', whatToDo(alert.kind)),
            h('span', { class: 'nowrap' }, when(alert.openedAt)),
            stateOf(alert),
            actionsOf(alert),
          ]),
        ),
  ],
});

function stateOf({ acknowledgedBy, acknowledgedAt, silence }: Alert): HTMLElement {
  const parts: Child[] = [];
  if (acknowledgedBy !== null && acknowledgedAt !== null)
    parts.push(h('span', { class: 'line' }, `seen by ${acknowledgedBy} `, when(acknowledgedAt)));
  if (silence !== null)
    parts.push(
      h(
        'span',
        { class: 'line' },
        `silenced until ${isoMinute(silence.until)} UTC by ${silence.by}: ${silence.reason}`,
      ),
    );
  return h('span', { class: 'muted' }, parts.length === 0 ? 'nobody has seen it yet' : parts);
}

function actionsOf(alert: Alert): HTMLElement | undefined {
  if (!mayAct) return undefined;
  const { id, key, acknowledgedAt, silence } = alert;
  const acknowledge = async () => {
    await api.alerts[':id'].acknowledge.$post({ param: { id: String(id) } });
    refreshPage();
  };
  return h(
    'span',
    { class: 'actions' },
    acknowledgedAt === null && button('Acknowledge', 'plain', acknowledge),
    silence === null
      ? button('Silence …', 'plain', () => silenceIt(alert))
      : button('End silence', 'plain', async () => {
          const ended = { key, hours: 0, reason: 'ended' };
          await api.alerts.silence.$post({ json: ended });
          refreshPage();
        }),
  );
}

async function silenceIt({ key, kind, message }: Alert): Promise<void> {
  await ask({
    title: `Silence “${kind}”`,
    about: [
      message,
      'No notice is sent of it meanwhile. If it is still open then, its notice goes out.',
    ],
    fields: [
      {
        name: 'hours',
        label: 'Hours',
        type: 'number',
        value: '8',
        min: 1,
        max: 720,
        required: true,
      },
      { name: 'reason', label: 'Reason', hint: 'It stands in the audit log.', required: true },
    ],
    action: 'Silence',
    act: async ({ hours, reason }) =>
      api.alerts.silence.$post({ json: { key, hours: Number(hours), reason } }),
  });
  refreshPage();
}

/** What docs/runbook.md says of each kind: those that are open or over come first, and the open ones unfolded. */
function runbookSection(open: ReadonlySet<string>, over: ReadonlySet<string>): Section {
  const weight = (kind: string) => (open.has(kind) ? 0 : over.has(kind) ? 1 : 2);
  const kinds = Object.keys(RUNBOOK).toSorted((a, b) => weight(a) - weight(b));
  return {
    id: 'runbook',
    title: 'What to do',
    wide: true,
    content: kinds.map((kind) => entryOf(kind, runbookOf(kind)!, open.has(kind))),
  };
}

function entryOf(
  kind: string,
  { means, urgency, look, act }: RunbookEntry,
  isOpen: boolean,
): HTMLElement {
  return h(
    'details',
    { 'data-key': runbookAnchor(kind), id: runbookAnchor(kind), class: 'runbook', open: isOpen },
    h('summary', {}, kind),
    h(
      'div',
      {},
      h('p', {}, means),
      h('p', { class: 'muted' }, urgency),
      h(
        'p',
        {},
        'To look: ',
        look.flatMap((command, i) => [i > 0 && ', ', code(command)]),
      ),
      h(
        'ul',
        {},
        act.map((step) => h('li', {}, withCode(step))),
      ),
    ),
  );
}

/** To the entry of a kind, unfolded. */
function whatToDo(kind: string): HTMLElement | false {
  if (runbookOf(kind) === undefined) return false;
  const link = h('a', { href: `#${runbookAnchor(kind)}` }, 'What to do');
  link.addEventListener('click', () => void unfold(runbookAnchor(kind)));
  return link;
}

/** Text in backquotes as code; a link is its words, as the page that it leads to is not served here. */
const withCode = (text: string): Child[] =>
  text
    .replaceAll(/\[([^\]]+)\]\([^)]+\)/g, '$1')
    .split('`')
    .map((part, i) => (i % 2 === 1 ? code(part) : part.replaceAll(/\b_([^_]+)_\b/g, '“$1”')));

const overSection = (over: readonly Alert[]): Section => ({
  id: 'over',
  title: 'Over',
  wide: true,
  content: [
    over.length === 0
      ? empty('None was opened and is over yet.')
      : table(
          'Alerts that are over',
          [{ label: 'Kind' }, { label: 'Message' }, { label: 'Opened' }, { label: 'Lasted' }],
          over.map(({ kind, message, openedAt, resolvedAt }) => [
            h('span', { class: 'nowrap' }, badge(kind, 'plain')),
            h('span', { class: 'sentence' }, message, ' ', whatToDo(kind)),
            h('span', { class: 'nowrap' }, when(openedAt)),
            h('span', { class: 'nowrap' }, duration(resolvedAt! - openedAt)),
          ]),
        ),
  ],
});
