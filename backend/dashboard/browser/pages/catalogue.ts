import { api, json, mayAct } from '../api.ts';
import { ask } from '../dialog.ts';
import {
  badge,
  button,
  code,
  empty,
  h,
  notice,
  table,
  tiles,
  when,
  type Child,
  type Section,
} from '../dom.ts';
import { whole } from '../format.ts';
import type { Answer } from '../../../http/answers.ts';
import { refreshPage, type Page } from './page.ts';

type Feed = Answer<'/v1/status'>['feeds'][number];

export const cataloguePage: Page = {
  topics: ['audit', 'alerts'],
  everyMs: 30_000,
  async load() {
    const { feeds, snapshot, counts } = await json(api.status.$get());
    return [
      {
        id: 'items',
        wide: true,
        content: [
          tiles([
            { label: 'Items stored', value: whole(counts.items) },
            {
              label: 'Items at the edge',
              value: whole(snapshot?.items),
              remark:
                snapshot === null
                  ? 'none is published'
                  : h('span', {}, 'published ', when(snapshot.since)),
            },
            { label: 'Feeds', value: whole(feeds.length) },
            {
              label: 'Refused',
              value: whole(feeds.filter(({ problem }) => problem !== null).length),
              remark:
                feeds.length > 0 && 'feeds as they were last read; the catalogue stays as it was',
            },
          ]),
        ],
      },
      ...(feeds.length === 0 ? [noFeed] : feeds.map(feedSection)),
    ];
  },
};

const noFeed: Section = {
  id: 'feeds',
  title: 'Feeds',
  wide: true,
  content: [
    empty(
      'The catalogue is not read from any address.',
      'A file is brought in by ',
      code('npx trimtab import products.csv'),
      '; an address that is read on a schedule stands under ',
      code('catalogue.feeds'),
      ' of the configuration file.',
    ),
  ],
};

const feedSection = (feed: Feed): Section => {
  const { name, address, schedule, items, askedAt, takenAt, nextAt, problem, refusedSince } = feed;
  const state: Child =
    problem !== null
      ? badge('refused', 'bad')
      : takenAt === null
        ? badge('not read yet', 'plain')
        : badge('taken', 'good');
  return {
    id: `feed-${name}`,
    title: name,
    tools: [state, mayAct && button('Read now …', 'plain', () => readNow(feed, false))],
    content: [
      h('p', { class: 'muted' }, code(address)),
      problem !== null &&
        notice(
          'bad',
          `Refused, whole: ${problem}. `,
          refusedSince !== null && h('span', { class: 'muted' }, 'Since ', when(refusedSince), '.'),
        ),
      problem !== null &&
        mayAct &&
        h(
          'p',
          { class: 'actions' },
          button('Take it, whatever share it takes out …', 'danger', () => readNow(feed, true)),
        ),
      tiles([
        { label: 'Items', value: whole(items), remark: 'its own' },
        { label: 'Asked', value: momentOf(askedAt) },
        { label: 'Taken', value: momentOf(takenAt), remark: 'or found unchanged' },
        {
          label: 'Next',
          value: nextAt === null ? 'on demand' : nextOf(nextAt),
          remark: schedule === '' ? undefined : code(schedule),
        },
      ]),
      feed.taken === null
        ? empty('Nothing of it has been taken yet.')
        : table(
            `What became of the items of ${name}`,
            [{ label: 'When its items last changed' }, { label: 'Items', number: true }],
            Object.entries(feed.taken).map(([what, count]) => [WORDS[what] ?? what, whole(count)]),
          ),
    ],
  };
};

const WORDS: Readonly<Record<string, string>> = {
  created: 'New',
  changed: 'Changed',
  unchanged: 'Unchanged',
  withdrawn: 'Withdrawn',
  refused: 'Rows refused',
};

const momentOf = (at: number | null): Child => (at === null ? 'never' : when(at));

const nextOf = (at: number): Child =>
  h(
    'time',
    { datetime: new Date(at).toISOString(), title: new Date(at).toLocaleString() },
    new Date(at).toISOString().slice(11, 16),
    ' UTC',
  );

async function readNow({ name, address }: Feed, anyShare: boolean): Promise<void> {
  await ask({
    title: `Read “${name}” now`,
    about: [
      h('p', {}, 'All of ', code(address), ' is taken, or nothing.'),
      anyShare
        ? 'Items that it no longer has are taken out, however many they are.'
        : 'Items that it no longer has are taken out, unless they are too large a share.',
    ],
    ...(anyShare && { word: name, tone: 'danger' as const }),
    action: 'Read',
    act: async () =>
      api.feeds[':name'].read.$post({ param: { name }, json: { whole: true, anyShare } }),
  });
  refreshPage();
}
