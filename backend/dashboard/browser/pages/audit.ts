import { api, json } from '../api.ts';
import { textIn } from '../dialog.ts';
import { button, empty, h, mono, table, when } from '../dom.ts';
import { isoMinute, short, whole } from '../format.ts';
import { choose, chosen } from '../state.ts';
import type { AuditEntry as Entry } from '../../../http/answers.ts';
import type { Page } from './page.ts';

const PAGE_SIZE = 50;

export const auditPage: Page = {
  topics: ['audit'],
  async load() {
    const [actor, text, before] = ['actor', 'text', 'before'].map(chosen);
    const given = { ...(actor && { actor }), ...(text && { text }), ...(before && { before }) };
    const { entries, next } = await json(
      api.audit.$get({ query: { limit: String(PAGE_SIZE), ...given } }),
    );
    return [
      { id: 'filter', wide: true, content: [filter(actor ?? '', text ?? '')] },
      {
        id: 'entries',
        title: 'Changes',
        wide: true,
        content: [
          entries.length === 0
            ? actor || text
              ? empty('No entry is like that.', 'Take a filter away, or write less of a word.')
              : empty(
                  'Nothing has been changed yet.',
                  'Whatever changes what is live stands here, with who did it.',
                )
            : auditTable(entries),
          h(
            'div',
            { class: 'actions' },
            before !== undefined && button('Newest', 'plain', () => choose({ before: undefined })),
            next !== undefined && button('Older', 'plain', () => choose({ before: String(next) })),
          ),
        ],
      },
    ];
  },
};

function filter(actor: string, text: string): HTMLElement {
  const form = h(
    'form',
    { class: 'filter', role: 'search' },
    h('label', { for: 'audit-text' }, 'Holds'),
    h('input', {
      id: 'audit-text',
      name: 'text',
      type: 'search',
      value: text,
      placeholder: 'promote, v000012 …',
    }),
    h('label', { for: 'audit-actor' }, 'By'),
    h('input', {
      id: 'audit-actor',
      name: 'actor',
      type: 'search',
      value: actor,
      placeholder: 'anybody',
    }),
    h('button', { class: 'primary' }, 'Filter'),
  );
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    (document.activeElement as HTMLElement | null)?.blur();
    choose({
      text: textIn(form, 'text'),
      actor: textIn(form, 'actor'),
      before: undefined,
    });
  });
  return form;
}

/** @param entries newest first. */
export const auditTable = (entries: readonly Entry[]): HTMLElement =>
  table(
    'Changes, the newest first',
    [{ label: 'When' }, { label: 'Who' }, { label: 'Did' }, { label: 'To' }, { label: 'Details' }],
    entries.map(({ at, actor, action, subject, details }) => [
      h('span', { class: 'nowrap' }, when(at)),
      h('span', { title: actor }, short(actor)),
      h('span', { class: 'nowrap' }, action),
      mono(short(subject), subject),
      h('span', { class: 'details' }, detailsOf(details)),
    ]),
  );

/** The text of the new pointer says what the subject says; the card of a rollout shows the evidence. */
const ELSEWHERE: ReadonlySet<string> = new Set(['before', 'text', 'evidence']);

/** The pointer before a change shows as its version. */
function detailsOf(details: Entry['details']): string {
  const { before } = details;
  const was = typeof before === 'string' ? [`was ${/v\d{6,9}/.exec(before)?.[0] ?? before}`] : [];
  const others = Object.entries(details).filter(
    ([name, value]) => !ELSEWHERE.has(name) && value !== null,
  );
  return [...was, ...others.map(([name, value]) => `${name} ${valueOf(value)}`)].join(', ');
}

/** A whole number that is a moment of this century, in epoch ms: nothing else that is audited is as large. */
const isMoment = (value: number) =>
  Number.isInteger(value) && value > Date.UTC(2001, 0, 1) && value < Date.UTC(2100, 0, 1);

function valueOf(value: unknown): string {
  if (typeof value === 'number')
    return isMoment(value)
      ? `${isoMinute(value)} UTC`
      : Number.isInteger(value)
        ? whole(value)
        : String(Number(value.toPrecision(4)));
  if (typeof value === 'string') return short(value);
  if (typeof value !== 'object' || value === null) return String(value);
  if (Array.isArray(value)) return value.map(valueOf).join('; ');
  return Object.entries(value)
    .map(([name, inner]) => `${name} ${valueOf(inner)}`)
    .join(' ');
}
