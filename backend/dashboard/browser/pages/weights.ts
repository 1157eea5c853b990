import { api, json, mayAct } from '../api.ts';
import { chart } from '../chart.ts';
import { ask } from '../dialog.ts';
import {
  badge,
  button,
  code,
  empty,
  h,
  mono,
  muted,
  notice,
  table,
  when,
  type Child,
  type Section,
} from '../dom.ts';
import { points, trainingDataNote, whole } from '../format.ts';
import { interval } from '../interval.ts';
import { choose, chosen } from '../state.ts';
import type { Answer, LiveWeights } from '../../../http/answers.ts';
import { refreshPage, type Page } from './page.ts';
import { rolloutCard } from './rollouts.ts';

type Listed = Answer<'/v1/weights'>['weights'][number];
type Whole = Answer<'/v1/weights/:version'>;
type History = Answer<'/v1/weights/:version/features/:feature'>;

/** Half the width of a 95 % interval of a normal posterior, in standard deviations. */
const Z95 = 1.96;
const LISTED = 25;

export const weightsPage: Page = {
  topics: ['live', 'weights', 'rollouts'],
  async load() {
    const [{ weights }, { weights: live }, { rollouts }] = await Promise.all([
      json(api.weights.$get()),
      json(api.status.$get()),
      json(api.rollouts.$get({ query: { limit: '3' } })),
    ]);
    const withDecisions = await Promise.all(
      rollouts.map(({ id }) => json(api.rollouts[':id'].$get({ param: { id }, query: {} }))),
    );
    const version = chosen('version') ?? live?.version ?? weights[0]?.version;
    const known = weights.find((one) => one.version === version);
    const rest: Section[] = [
      versionsSection(weights, live, version),
      {
        id: 'rollouts',
        title: 'Rollouts',
        content:
          withDecisions.length === 0
            ? [
                empty(
                  'No rollout yet.',
                  'Training proposes versions that pass the gate: start one on ',
                  h('a', { href: '/dashboard/training' }, 'Training'),
                  '.',
                ),
              ]
            : withDecisions.map(rolloutCard),
      },
    ];
    if (known === undefined || version === undefined)
      return [
        ...(version === undefined
          ? []
          : [
              {
                id: 'unknown',
                wide: true,
                content: [notice('bad', `There is no version ${version}: choose one below.`)],
              },
            ]),
        ...rest,
      ];
    const against = chosen('against') ?? known.parent ?? undefined;
    const [own, other] = await Promise.all([
      readVersion(known.version),
      against === undefined || !weights.some((one) => one.version === against)
        ? undefined
        : readVersion(against),
    ]);
    const features = Object.keys(own.points);
    const asked = chosen('feature');
    const feature = asked !== undefined && features.includes(asked) ? asked : mostSpread(own);
    const history =
      feature === undefined
        ? undefined
        : await json(
            api.weights[':version'].features[':feature'].$get({
              param: { version: known.version as never, feature: encodeURIComponent(feature) },
              query: {},
            }),
          );
    return [
      headSection(known, live),
      chooseSection(weights, known.version, against, features, feature),
      ...(feature === undefined || history === undefined
        ? []
        : [featureSection(own, other, feature), historySection(history)]),
      learnedSection(own, live),
      ...rest,
    ];
  },
};

/** The feature that matters most: between its buckets lie the most points. */
const mostSpread = ({ points: of }: Whole): string | undefined =>
  Object.entries(of)
    .map(([name, values]) => [name, Math.max(...values) - Math.min(...values)] as const)
    .toSorted((a, b) => b[1] - a[1])[0]?.[0];

const readVersion = (version: string): Promise<Whole> =>
  json(api.weights[':version'].$get({ param: { version: version as never } }));

function headSection(known: Listed, live: LiveWeights | null): Section {
  const { version, name, kind, parent, createdAt, belowMinimums, schemaName } = known;
  const isLive = live?.version === version;
  const act: Child[] = !mayAct
    ? [muted('Signed in to look: an operator may promote, hold and roll back.')]
    : [
        !isLive &&
          button('Promote …', 'primary', () =>
            confirmed({
              title: `Promote ${version}`,
              about: [
                `${version} “${name}” becomes the champion: every visitor that no experiment decides is ranked by it, within the edge’s refresh interval.`,
                'A rollout is the careful way: this is for when you know.',
              ],
              word: version,
              action: 'Promote',
              act: () =>
                api.weights[':version'].promote.$post({ param: { version: version as never } }),
            }),
          ),
        button(isLive ? 'Hold …' : 'Roll back …', 'danger', () =>
          confirmed({
            title: isLive ? `Hold ${version}` : `Roll back to ${version}`,
            about: [
              isLive
                ? `${version} stays the champion for everyone, and nothing else goes live until the hold is released. Rollouts stop.`
                : `Everyone is ranked by ${version} at once, rollouts stop, and nothing else goes live until the hold is released.`,
            ],
            word: version,
            action: isLive ? 'Hold' : 'Roll back',
            act: () =>
              api.weights[':version'].rollback.$post({ param: { version: version as never } }),
          }),
        ),
        live?.hold === true &&
          button('Release the hold …', 'primary', () =>
            confirmed({
              title: 'Release the hold',
              about: ['What is live stays live; rollouts and promotions may move it again.'],
              word: live.version,
              action: 'Release',
              act: () => api.weights.release.$post(),
            }),
          ),
      ];
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
        h('span', { class: 'actions push' }, act),
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

async function confirmed(asked: Parameters<typeof ask>[0]): Promise<void> {
  await ask({ tone: 'danger', ...asked });
  refreshPage();
}

function chooser(
  id: string,
  label: string,
  options: readonly (readonly [value: string, text: string])[],
  value: string | undefined,
  name: string,
): Child[] {
  const select = h(
    'select',
    { id, 'data-chooses': true },
    options.map(([own, text]) => h('option', { value: own, selected: own === value }, text)),
  );
  select.addEventListener('change', () => choose({ [name]: select.value }));
  return [h('label', { for: id }, label), select];
}

function chooseSection(
  weights: readonly Listed[],
  version: string,
  against: string | undefined,
  features: readonly string[],
  feature: string | undefined,
): Section {
  const versions = weights.map(({ version: own, name }) => [own, `${own} ${name}`] as const);
  return {
    id: 'choose',
    wide: true,
    content: [
      h(
        'div',
        { class: 'filter' },
        chooser('choose-version', 'Version', versions, version, 'version'),
        chooser('choose-against', 'Compared with', [['', 'none'], ...versions], against, 'against'),
        chooser(
          'choose-feature',
          'Feature',
          features.map((name) => [name, name]),
          feature,
          'feature',
        ),
      ),
    ],
  };
}

function featureSection(own: Whole, other: Whole | undefined, feature: string): Section {
  const values = own.points[feature];
  const deviations = own.deviations?.[feature];
  const words = own.buckets[feature];
  // Buckets mean the same under one schema only.
  const before = other?.schemaHash === own.schemaHash ? other.points[feature] : undefined;
  const half = (i: number) => Z95 * (deviations?.[i] ?? 0);
  const ends = values.flatMap((value, i) => [
    value - half(i),
    value + half(i),
    before?.[i] ?? value,
  ]);
  const range = [Math.min(0, ...ends), Math.max(0, ...ends)] as const;
  return {
    id: 'feature',
    title: `${feature}: points per bucket`,
    content: [
      other !== undefined &&
        before === undefined &&
        muted(`${other.version} is of another schema: its buckets mean something else.`),
      table(
        `Points of ${feature} in ${own.version}`,
        [
          { label: 'Bucket' },
          { label: 'Points', number: true },
          { label: '95 % interval', number: true },
          { label: 'Interval, drawn', hidden: true },
          ...(before === undefined
            ? []
            : [
                { label: other!.version, number: true },
                { label: 'Difference', number: true },
              ]),
        ],
        values.map((value, i) => [
          words[i],
          points(value),
          deviations === undefined
            ? '–'
            : h(
                'span',
                { class: 'nowrap' },
                `${points(value - half(i))} to ${points(value + half(i))}`,
              ),
          interval({ low: value - half(i), high: value + half(i), mean: value }, range, 0),
          ...(before === undefined ? [] : [points(before[i]), points(value - before[i])]),
        ]),
      ),
      deviations === undefined &&
        muted('This version has no posterior: how well its points are known is not stored.'),
    ],
  };
}

const DRAWN = 6;

function historySection({ feature, buckets, versions }: History): Section {
  const newest = versions.at(-1);
  // Those that differ most from version to version, or matter most, are worth a line.
  const spread = (bucket: number) => {
    const own = versions.map(({ points: of }) => of[bucket]);
    return Math.max(...own) - Math.min(...own) + Math.abs(own.at(-1) ?? 0) / 100;
  };
  const drawn = buckets
    .map((_, bucket) => bucket)
    .toSorted((a, b) => spread(b) - spread(a))
    .slice(0, DRAWN)
    .toSorted((a, b) => a - b);
  return {
    id: 'history',
    title: `${feature}: over versions`,
    content: [
      chart({
        id: 'points-over-versions',
        title: 'Points per bucket, with 95 % posterior intervals',
        ...(buckets.length > DRAWN && {
          says: `The ${DRAWN} buckets that changed most of ${buckets.length}; the table of each version has all.`,
        }),
        x: {
          kind: 'name',
          label: 'Version',
          values: newest === undefined ? [] : versions.map(({ version }) => version),
        },
        series: drawn.map((bucket) => {
          const values = versions.map(({ points: of }) => of[bucket]);
          const half = versions.map(({ deviations }) => Z95 * (deviations?.[bucket] ?? 0));
          return {
            label: buckets[bucket],
            values,
            low: values.map((value, i) => value - half[i]),
            high: values.map((value, i) => value + half[i]),
          };
        }),
        format: (value) => points(value),
      }),
      versions.length < 2 &&
        muted('There is one version of this schema so far: the next training adds one.'),
    ],
  };
}

function learnedSection(own: Whole, live: LiveWeights | null): Section {
  const changes =
    own.served === null
      ? []
      : Object.entries(own.served).flatMap(([feature, served]) =>
          served.flatMap((value, bucket) => {
            const before = own.points[feature]?.[bucket] ?? 0;
            return value === before
              ? []
              : [{ feature, bucket: own.buckets[feature][bucket], before, value }];
          }),
        );
  const largest = changes
    .toSorted((a, b) => Math.abs(b.value - b.before) - Math.abs(a.value - a.before))
    .slice(0, LISTED);
  return {
    id: 'learned',
    title: 'Learned since it was published',
    content: [
      changes.length === 0
        ? empty(
            live?.version === own.version
              ? 'Nothing has been learned from clicks since it went live, or nothing that was sent to the edge yet.'
              : 'Only versions that are live learn as people click.',
            live?.version === own.version && code('trimtab status'),
            live?.version === own.version && ' says what learning waits for.',
          )
        : h(
            'div',
            {},
            muted(
              `${whole(changes.length)} weights are changed; those that changed most. Visitors are ranked by them.`,
            ),
            table(
              'Weights that learning has changed',
              [
                { label: 'Feature' },
                { label: 'Bucket' },
                { label: 'Published', number: true },
                { label: 'Served', number: true },
                { label: 'Change', number: true },
              ],
              largest.map(({ feature, bucket, before, value }) => [
                feature,
                bucket,
                points(before),
                points(value),
                points(value - before),
              ]),
            ),
          ),
    ],
  };
}

function versionsSection(
  weights: readonly Listed[],
  live: LiveWeights | null,
  shown: string | undefined,
): Section {
  return {
    id: 'versions',
    title: 'Versions',
    content: [
      weights.length === 0
        ? empty('There is no version yet.', 'The first start makes one from the schema’s rules.')
        : table(
            'Versions, the newest first',
            [
              { label: 'Version' },
              { label: 'Name' },
              { label: 'Kind' },
              { label: 'Parent' },
              { label: 'Made' },
            ],
            weights.slice(0, LISTED).map(({ version, name, kind, parent, createdAt }) => [
              h(
                'span',
                { class: 'nowrap' },
                h(
                  'a',
                  {
                    class: 'mono',
                    href: `?version=${version}`,
                    'aria-current': version === shown && 'true',
                  },
                  version,
                ),
                ' ',
                live?.version === version && badge('champion', 'good'),
              ),
              name,
              kind,
              parent === null ? '–' : mono(parent),
              h('span', { class: 'nowrap' }, when(createdAt)),
            ]),
          ),
      weights.length > LISTED &&
        muted(`The newest ${LISTED} of ${whole(weights.length)}; the list above has all.`),
    ],
  };
}
