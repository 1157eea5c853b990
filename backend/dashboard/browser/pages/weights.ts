import { api, json } from '../api.ts';
import { empty, h, notice, type Section } from '../dom.ts';
import { chosen } from '../state.ts';
import type { Page } from './page.ts';
import { rolloutCard } from './rollouts.ts';
import type { Whole } from './weights/answers.ts';
import { chooseSection } from './weights/choose.ts';
import { featureSection } from './weights/feature.ts';
import { headSection } from './weights/head.ts';
import { historySection } from './weights/history.ts';
import { learnedSection } from './weights/learned.ts';
import { placementsSection } from './weights/placements.ts';
import { versionsSection } from './weights/versions.ts';

export const weightsPage: Page = {
  topics: ['live', 'weights', 'rollouts'],
  async load() {
    const [{ weights }, { weights: live, placements, placementsWaiting }, { rollouts }] =
      await Promise.all([
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
      ...(placements.length + placementsWaiting.length === 0
        ? []
        : [placementsSection(placements, placementsWaiting, known?.version)]),
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
