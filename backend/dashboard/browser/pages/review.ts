import { api, json, mayAct } from '../api.ts';
import { chart } from '../chart.ts';
import { ask } from '../dialog.ts';
import { badge, button, empty, fold, h, mono, muted, table, when, type Section } from '../dom.ts';
import { duration, figure, isoMinute, percent, short, whole } from '../format.ts';
import { choose, chosen } from '../state.ts';
import type { Anomalies, ReviewedSession, TrainingExclusion } from '../../../http/answers.ts';
import { refreshPage } from './page.ts';
import { spreadSection } from './spread.ts';

type Kind = TrainingExclusion['kind'];

const DAYS = '14';
/** Two weeks of the log are read for it: every minute is enough. */
const FRESH_MS = 60_000;
let known:
  | { readonly at: number; readonly key: string; readonly read: ReturnType<typeof readAll> }
  | undefined;

/** What training reads, for people to look at. */
export async function reviewSections(): Promise<Section[]> {
  const [draw, subject, kind] = [chosen('draw') ?? '0', chosen('subject'), chosen('kind')];
  const key = JSON.stringify([draw, subject, kind]);
  if (known === undefined || known.key !== key || Date.now() - known.at > FRESH_MS) {
    const read = readAll(draw, subject, kind === 'user' ? 'user' : 'session');
    known = { at: Date.now(), key, read };
    read.catch(() => (known = undefined));
  }
  const [found, spread, { sessions }, { exclusions }] = await known.read;
  const held = new Map(
    exclusions.flatMap((one) =>
      one.liftedAt === null ? [[`${one.kind} ${one.subject}`, one]] : [],
    ),
  );
  return [
    spreadSection(spread, chosen('column')),
    anomaliesSection(found, held),
    sessionsSection(sessions, draw, subject, held),
    exclusionsSection(exclusions),
  ];
}

const readAll = (draw: string, subject: string | undefined, kind: Kind) =>
  Promise.all([
    json(api.data.anomalies.$get({ query: { days: DAYS } })),
    json(api.data.spread.$get({ query: { days: DAYS } })),
    json(
      api.data.sessions.$get({
        query: { days: DAYS, draw, ...(subject !== undefined && { kind, subject }) },
      }),
    ),
    json(api.data.exclusions.$get()),
  ]);

type Held = ReadonlyMap<string, TrainingExclusion>;

function anomaliesSection({ hours, sources, visitors }: Anomalies, held: Held): Section {
  const marked = hours.filter(({ isMarked }) => isMarked);
  return {
    id: 'anomalies',
    title: 'Unusual traffic',
    wide: true,
    tools: [
      marked.length + sources.length + visitors.length === 0
        ? badge('nothing marked', 'good')
        : badge(`${marked.length + sources.length + visitors.length} to review`, 'warn'),
    ],
    content: [
      chart({
        id: 'rankings-by-hour',
        title: 'Rankings by hour, and what is usual at this hour',
        says: 'Of rankings that training may read, of the last 14 days. Marked is what is unlike the same hour of the other days; nothing is left out by itself.',
        x: { kind: 'time', values: hours.map(({ at }) => at) },
        series: [
          { label: 'rankings', values: hours.map(({ rankings }) => rankings), color: 0 },
          { label: 'usual', values: hours.map(({ usual }) => usual), color: 5 },
          {
            label: 'marked',
            values: hours.map(({ isMarked, rankings }) => (isMarked ? rankings : null)),
            color: 3,
          },
        ],
        format: whole,
        fromZero: true,
        otherwise: ['No hour of the last 14 days is over in which there were rankings.'],
      }),
      marked.length + sources.length > 0 &&
        table(
          'Hours and sources unlike the others',
          [
            { label: 'When (UTC)' },
            { label: 'What' },
            { label: 'Rankings', number: true },
            { label: 'Usual', number: true },
          ],
          [
            ...marked.map((one) => ({ ...one, source: 'the hour' })),
            ...sources.map((one) => ({ ...one, source: `the day of ${one.source}` })),
          ].map(({ at, source, rankings, usual }) => [
            h('span', { class: 'nowrap' }, isoMinute(at)),
            source,
            whole(rankings),
            whole(usual),
          ]),
        ),
      visitors.length > 0 &&
        table(
          'Visitors with far more than others',
          [
            { label: 'Visitor' },
            { label: 'Rankings', number: true },
            { label: 'Clicks', number: true },
            { label: 'Of all clicks', number: true },
            { label: 'Action' },
          ],
          visitors.map(({ kind, subject, rankings, clicks, clickShare }) => [
            visitorLink(kind, subject),
            whole(rankings),
            whole(clicks),
            percent(clickShare),
            leaveOutButton(kind, subject, held),
          ]),
        ),
    ],
  };
}

const visitorLink = (kind: Kind, subject: string): HTMLElement =>
  h(
    'a',
    {
      href: `?kind=${kind}&subject=${encodeURIComponent(subject)}#section-sessions`,
      title: subject,
    },
    `${kind} ${short(subject).slice(0, 14)}`,
  );

function leaveOutButton(kind: Kind, subject: string, held: Held): Node | string {
  if (held.has(`${kind} ${subject}`)) return badge('left out', 'warn');
  if (!mayAct) return '–';
  return button('Leave out …', 'plain', () =>
    ask({
      title: `Leave this ${kind} out of training`,
      about: [
        `All that learns or evaluates leaves out what this ${kind} was shown and did, from its next reading on. Experiments and reports count it all the same. It can be taken back.`,
      ],
      fields: [{ name: 'reason', label: 'Reason', required: true }],
      action: 'Leave out',
      tone: 'danger',
      act: async ({ reason }) => api.data.exclusions.$post({ json: { kind, subject, reason } }),
    }).then(again),
  );
}

function again(): void {
  known = undefined;
  refreshPage();
}

function sessionsSection(
  sessions: readonly ReviewedSession[],
  draw: string,
  subject: string | undefined,
  held: Held,
): Section {
  const other = h('button', { type: 'button', class: 'quiet' }, 'Others');
  other.addEventListener('click', () =>
    choose({ draw: String((Number(draw) + 1) % 1000), subject: undefined, kind: undefined }),
  );
  return {
    id: 'sessions',
    wide: true,
    title: subject === undefined ? 'Sessions as they were seen, a sample' : 'Sessions of a visitor',
    tools: [other],
    content: [
      sessions.length === 0
        ? empty('No session in the last 14 days.')
        : muted('Drawn as often as training meets them. Ids are keyed, as in the log.'),
      ...sessions.map(({ sessionId, userId, rankings, more }) =>
        fold(
          `session-${sessionId}`,
          h(
            'span',
            {},
            mono(short(sessionId).slice(0, 14), sessionId),
            ` ${whole(rankings.length + more)} rankings, ${whole(rankings.reduce((sum, one) => sum + one.events.length, 0))} events `,
            rankings.some(({ why }) => why !== null) && badge('not all is learned from', 'warn'),
          ),
          h(
            'div',
            { class: 'actions' },
            leaveOutButton('session', sessionId, held),
            userId !== null && leaveOutButton('user', userId, held),
          ),
          table(
            `What session ${sessionId} was shown and did`,
            [{ label: 'Ranking' }, { label: 'Asked for' }, { label: 'Shown' }, { label: 'Did' }],
            rankings.map(({ rankingId, at, pageOffset, preferences, itemIds, events, why }) => [
              h(
                'span',
                {},
                h(
                  'a',
                  { href: `/dashboard/ranking?id=${encodeURIComponent(rankingId)}` },
                  isoMinute(at),
                ),
                why !== null && h('span', {}, ' ', badge(why.replaceAll('_', ' '), 'warn')),
              ),
              h(
                'span',
                { class: 'details' },
                pageOffset === null
                  ? (preferences ?? '–')
                  : `its list on, after ${whole(pageOffset)} items`,
              ),
              h('span', { class: 'details' }, itemIds.join(', ')),
              h(
                'span',
                { class: 'details' },
                events
                  .map(
                    ({ type, itemId, value, afterMs, fault }) =>
                      `${type}${itemId === null ? '' : ` ${itemId}`}${value === null ? '' : ` ${figure(value)}`} after ${duration(Math.max(0, afterMs))}${fault === '' ? '' : ` (${fault.replaceAll('_', ' ')})`}`,
                  )
                  .join('; ') || 'nothing',
              ),
            ]),
          ),
          more > 0 && muted(`and ${whole(more)} more`),
        ),
      ),
    ],
  };
}

const exclusionsSection = (exclusions: readonly TrainingExclusion[]): Section => ({
  id: 'exclusions',
  title: 'Left out by hand',
  content: [
    exclusions.length === 0
      ? empty('Nobody is left out by hand.')
      : table(
          'Who was left out of training, by whom and why',
          [
            { label: 'Number', number: true },
            { label: 'Whom' },
            { label: 'Why' },
            { label: 'State' },
          ],
          exclusions.map((one) => [
            String(one.id),
            visitorLink(one.kind, one.subject),
            h('span', {}, `${one.reason}. By ${one.by}, `, when(one.at)),
            one.liftedAt === null
              ? mayAct
                ? button('Learn from again …', 'plain', () => lift(one))
                : badge('left out', 'warn')
              : h(
                  'span',
                  {},
                  `learned from again: ${one.liftReason}. By ${one.liftedBy}, `,
                  when(one.liftedAt),
                ),
          ]),
        ),
  ],
});

async function lift({ id, kind }: TrainingExclusion): Promise<void> {
  await ask({
    title: `Learn from this ${kind} again`,
    about: ['What was left out is read again, as far as the log still has it.'],
    fields: [{ name: 'reason', label: 'Reason', required: true }],
    action: 'Learn from again',
    act: async ({ reason }) =>
      api.data.exclusions[':id'].lift.$post({ param: { id: String(id) }, json: { reason } }),
  });
  again();
}
