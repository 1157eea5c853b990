import { api, json } from '../api.ts';
import { textIn } from '../dialog.ts';
import {
  badge,
  code,
  empty,
  fold,
  h,
  mono,
  muted,
  notice,
  table,
  tiles,
  when,
  type Child,
  type Section,
} from '../dom.ts';
import { fittingRequest, LOOKED_AT } from '../../../catalogue/fitting-request.ts';
import { percent, points, whole } from '../format.ts';
import { choose, chosen } from '../state.ts';
import type { Answer } from '../../../http/answers.ts';
import type { Page } from './page.ts';

type Past = Answer<'/v1/rankings/:rankingId'>;
type Slate = Answer<'/v1/rankings/preview', '$post'>['slates'][number];
type Reason = Past['items'][number]['reasons'][number];

/** What was tried last: it stays on the page while something else is looked up. */
let tried: { readonly key: string; readonly section: Section[] } | undefined;

export const rankingPage: Page = {
  topics: [],
  async load() {
    const [{ weights }, { schema }, { items }] = await Promise.all([
      json(api.weights.$get()),
      json(api.schema.$get()),
      json(api.items.$get({ query: { limit: LOOKED_AT } })),
    ]);
    const versions = weights.map(({ version, name }) => [version, name] as const);
    const request =
      chosen('request') ?? JSON.stringify(fittingRequest(schema, items, Date.now()), null, 2);
    const id = chosen('id');
    return [
      tryForm(legible(request), versions),
      lookUpForm(id),
      ...(id === undefined ? [] : await pastSections(id)),
      ...(chosen('request') === undefined ? [] : await slates(request)),
    ];
  },
};

/** In the address it is as short as it can be. */
function legible(request: string): string {
  try {
    return JSON.stringify(JSON.parse(request), null, 2);
  } catch {
    return request;
  }
}

function tryForm(
  request: string,
  versions: readonly (readonly [version: string, name: string])[],
): Section {
  const area = h(
    'textarea',
    {
      id: 'request',
      name: 'request',
      rows: 12,
      spellcheck: 'false',
      'aria-describedby': 'request-hint',
    },
    request,
  );
  const select = (name: string, label: string, none: string, value: string | undefined) => [
    h('label', { for: name }, label),
    h(
      'select',
      { id: name, name },
      h('option', { value: '' }, none),
      versions.map(([version, title]) =>
        h('option', { value: version, selected: version === value }, `${version} ${title}`),
      ),
    ),
  ];
  const problem = h('p', { class: 'notice bad', role: 'alert', hidden: true });
  const form = h(
    'form',
    { class: 'form' },
    h('label', { for: 'request' }, 'Request'),
    area,
    h(
      'small',
      { id: 'request-hint', class: 'muted' },
      'The body of a rank request, as JSON. Nothing is logged, and nothing is learned from it.',
    ),
    h(
      'div',
      { class: 'filter' },
      select('version', 'Ranked by', 'the champion', chosen('version')),
      select('against', 'beside', 'nothing', chosen('against')),
    ),
    h(
      'label',
      { class: 'check' },
      h('input', { type: 'checkbox', name: 'explore', checked: chosen('explore') === 'true' }),
      ' Draw as the version explores, and not its best items in order',
    ),
    problem,
    h('div', { class: 'actions' }, h('button', { class: 'primary' }, 'Rank')),
  );
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const text = area.value;
    try {
      JSON.parse(text);
    } catch (error) {
      problem.textContent = `The request is not JSON: ${error instanceof Error ? error.message : ''}`;
      problem.hidden = false;
      return;
    }
    (document.activeElement as HTMLElement | null)?.blur();
    tried = undefined;
    choose({
      request: JSON.stringify(JSON.parse(text)),
      version: textIn(form, 'version'),
      against: textIn(form, 'against'),
      explore: textIn(form, 'explore') === 'on' ? 'true' : undefined,
      id: undefined,
    });
  });
  return { id: 'try', title: 'Try a request', content: [form] };
}

function lookUpForm(id: string | undefined): Section {
  const form = h(
    'form',
    { class: 'form' },
    h('label', { for: 'ranking-id' }, 'Id of the ranking'),
    h('input', {
      id: 'ranking-id',
      name: 'id',
      value: id ?? '',
      required: true,
      placeholder: 'e1d20755-2dd3-47fd-8186-e1b8fdbc7821',
      autocomplete: 'off',
      spellcheck: 'false',
    }),
    h(
      'small',
      { class: 'muted' },
      'As ',
      code('/v1/rank'),
      ' answered it in ',
      code('rankingId'),
      '.',
    ),
    h('div', { class: 'actions' }, h('button', { class: 'primary' }, 'Look it up')),
  );
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const wanted = textIn(form, 'id');
    (document.activeElement as HTMLElement | null)?.blur();
    choose({ id: wanted, request: undefined, version: undefined, against: undefined });
  });
  return {
    id: 'look-up',
    title: 'Look a past ranking up',
    content: [
      form,
      muted('In a terminal: ', code(`npx trimtab decisions show ${id ?? '<rankingId>'}`)),
    ],
  };
}

async function slates(request: string): Promise<Section[]> {
  const versions = [chosen('version'), chosen('against')];
  const explore = chosen('explore') === 'true';
  const key = JSON.stringify([request, versions, explore]);
  if (tried?.key === key) return tried.section;
  const isTwo = versions[1] !== undefined;
  const champion = isTwo && versions[0] === undefined ? await championVersion() : versions[0];
  const asked = [champion, versions[1]].filter((one) => one !== undefined);
  let section: Section[];
  try {
    const answer = await json(
      api.rankings.preview.$post({
        json: {
          request: JSON.parse(request) as Record<string, unknown>,
          ...(asked.length > 0 && { versions: asked as never }),
          explore,
        },
      }),
    );
    section = slateSections(answer.slates);
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    section = [{ id: 'slates', title: 'Answer', wide: true, content: [notice('bad', said)] }];
  }
  tried = { key, section };
  return section;
}

const championVersion = async () => (await json(api.status.$get())).weights?.version;

function slateSections(list: readonly Slate[]): Section[] {
  return list.map((slate, at) => {
    const other = list[1 - at];
    return {
      id: `slate-${at}`,
      title: `${slate.weights} ${slate.name}`,
      wide: list.length === 1,
      content: [
        muted(
          `${whole(slate.competing)} items compete${slate.snapshot === '' ? '' : `, catalogue ${slate.snapshot.slice(0, 8)}`}. ${filtersOf(slate)}${besideOf(slate)}`,
        ),
        slate.items.length === 0
          ? empty('No item is left to show.', 'Filters keep all of them out, or there are none.')
          : table(
              `What ${slate.weights} ranks`,
              [
                { label: 'Slot', number: true },
                { label: 'Item' },
                { label: 'Points', number: true },
                ...(other === undefined ? [] : [{ label: `In ${other.weights}` }]),
                { label: 'Because' },
              ],
              slate.items.map((item) => [
                String(item.position),
                h(
                  'span',
                  {},
                  h('span', { class: 'mono nowrap' }, item.id),
                  fold(`${at}-${item.id}`, 'Attributes', attributesOf(item.attributes)),
                ),
                h('span', { class: 'nowrap' }, points(item.score), raisedOf(item.raised)),
                ...(other === undefined ? [] : [placeIn(other, item)]),
                reasonsOf(item.reasons),
              ]),
            ),
      ],
    };
  });
}

function filtersOf({ filters, asked }: Slate): string {
  const own =
    filters.length === 0
      ? 'The schema has no filters.'
      : `Filters of the schema keep out: ${filters.map(({ filter, items }) => `${whole(items)} (${filter})`).join(', ')}.`;
  if (asked === undefined) return own;
  const removed = asked.removed
    .filter(({ path }) => path !== 'schema')
    .map(
      ({ path, removed: items, alone }) =>
        `${whole(items)} (${path}; without it ${whole(alone)} more)`,
    );
  return `${own} The request keeps out: ${removed.join(', ')}.`;
}

function besideOf({ related }: Slate): string {
  if (related === undefined) return '';
  const { to, neighbours, problem } = related;
  const why = problem === undefined ? '' : `: ${problem}`;
  return ` Beside ${to.join(', ')}, with ${whole(neighbours)} neighbours${why}.`;
}

function placeIn(other: Slate, { id, position }: Slate['items'][number]): HTMLElement {
  const same = other.items.find((item) => item.id === id);
  if (same === undefined) return h('span', { class: 'muted' }, 'not shown');
  const moved = same.position - position;
  return h(
    'span',
    { class: 'nowrap' },
    moved === 0
      ? 'same slot'
      : `slot ${same.position} (${moved > 0 ? '▼' : '▲'} ${Math.abs(moved)})`,
  );
}

const raisedOf = (raised: number): Child =>
  raised === 0 ? undefined : h('small', { class: 'muted' }, ` drawn ${points(raised)}`);

const boostOf = (boost: number): Child =>
  boost === 0 ? undefined : h('small', { class: 'muted' }, ` boosted ${points(boost)}`);

const attributesOf = (attributes: Readonly<Record<string, unknown>>): HTMLElement =>
  h(
    'dl',
    { class: 'facts' },
    Object.entries(attributes).map(([name, value]) =>
      h('div', {}, h('dt', {}, name), h('dd', {}, textOf(value))),
    ),
  );

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  return Array.isArray(value) ? value.join(', ') : JSON.stringify(value);
}

/** All of them add up to the score. */
const reasonsOf = (reasons: readonly Reason[]): HTMLElement =>
  h(
    'ul',
    { class: 'reasons' },
    reasons.map(({ feature, because, points: of }) =>
      h(
        'li',
        { class: of > 0 ? 'up' : 'down' },
        h('b', {}, points(of)),
        ` ${feature}`,
        h('span', { class: 'muted' }, ` ${because}`),
      ),
    ),
  );

async function pastSections(id: string): Promise<Section[]> {
  let found: Past;
  try {
    found = await json(
      api.rankings[':rankingId'].$get({ param: { rankingId: encodeURIComponent(id) } }),
    );
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    return [{ id: 'past', title: 'Ranking', wide: true, content: [notice('bad', said)] }];
  }
  const { rebuilt } = found;
  return [
    {
      id: 'past',
      title: `Ranking ${found.rankingId}`,
      wide: true,
      content: [
        tiles([
          { label: 'Ranked', value: when(found.at), remark: new Date(found.at).toISOString() },
          {
            label: 'By',
            value: mono(found.weights),
            remark: found.delta === 0 ? 'as published' : `with deltas ${found.delta}`,
          },
          { label: 'Catalogue', value: mono(found.snapshot.slice(0, 8) || '–') },
          { label: 'Placement', value: found.placement, remark: `consent: ${found.consent}` },
          {
            label: 'Drawn again',
            value:
              rebuilt.kind === 'same'
                ? badge('the same, bit for bit', 'good')
                : rebuilt.kind === 'differs'
                  ? badge(`differs in ${rebuilt.in.join(', ')}`, 'bad')
                  : badge('not possible', 'plain'),
            remark: rebuilt.kind === 'impossible' ? rebuilt.why : `seed ${found.seed}`,
          },
        ]),
        found.degraded &&
          notice('warn', 'It was degraded: weights or catalogue may have been out of date.'),
        found.siteOrder && notice('warn', 'The site’s own order was kept: no version chose it.'),
        found.isRestricted &&
          notice(
            'warn',
            'Slate rules restricted it: caps, quotas or pins decided with the points what could stand in a slot.',
          ),
        found.pageOffset !== null &&
          muted(
            `A further page, after ${whole(found.pageOffset)} items`,
            found.firstPage !== null &&
              h(
                'span',
                {},
                ' of ',
                h(
                  'a',
                  { href: `/dashboard/ranking?id=${encodeURIComponent(found.firstPage)}` },
                  'its list',
                ),
              ),
            '.',
          ),
        found.arm !== null && muted(`Arms: ${found.arm}`),
        table(
          'What was shown',
          [
            { label: 'Slot', number: true },
            { label: 'Item' },
            { label: 'Points', number: true },
            { label: 'Chance', number: true },
            { label: 'Because' },
          ],
          found.items.map(
            ({ position, id: item, score, raised, boost, pinned, propensity, reasons }) => [
              String(position),
              h('span', {}, mono(item), pinned && [' ', badge('pinned', 'plain')]),
              h('span', { class: 'nowrap' }, points(score), boostOf(boost), raisedOf(raised)),
              percent(propensity, 2),
              reasonsOf(reasons),
            ],
          ),
        ),
        fold(
          'request',
          'Request as it was logged',
          h('pre', {}, JSON.stringify(found.request, null, 2)),
        ),
      ],
    },
    {
      id: 'feedback',
      title: 'Feedback on it',
      wide: true,
      content: [
        found.events.length === 0
          ? empty(
              'None has arrived.',
              'Events with its token are shown here a second or two later.',
            )
          : table(
              'Feedback',
              [
                { label: 'What' },
                { label: 'Item' },
                { label: 'When' },
                { label: 'Value', number: true },
                { label: 'Counts' },
              ],
              found.events.map(({ type, itemId, at, value, fault }) => [
                type,
                itemId === null ? '–' : mono(itemId),
                when(at),
                value === null ? '' : String(value),
                fault ?? 'yes',
              ]),
            ),
      ],
    },
  ];
}
