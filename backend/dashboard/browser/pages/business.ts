import { api, json } from '../api.ts';
import { empty, h, type Section } from '../dom.ts';
import { chosen } from '../state.ts';
import { costsSection } from './business/costs.ts';
import { groupsSection } from './business/groups.ts';
import { itemsSection } from './business/items.ts';
import { chosenSection, overTimeSections } from './business/over-time.ts';
import { pageActivitySection } from './business/page-activity.ts';
import { searchesSection } from './business/searches.ts';
import type { Page } from './page.ts';

const ITEMS = '50';

export const businessPage: Page = {
  topics: ['live', 'experiments'],
  everyMs: 60_000,
  async load() {
    const days = /^\d{1,2}$/.test(chosen('days') ?? '') ? chosen('days')! : '30';
    const [experiment, item, placement] = ['experiment', 'item', 'placement'].map(chosen);
    const by = chosen('by') === 'market' ? ('market' as const) : undefined;
    const [figures, { items }, { searches }, { activity }, { weights }, { weights: live }, more] =
      await Promise.all([
        json(
          api.business.$get({ query: { days, ...(by === undefined ? { experiment } : { by }) } }),
        ),
        json(api.business.items.$get({ query: { days, limit: ITEMS, item } })),
        json(api.business.searches.$get({ query: { days } })),
        json(api.business.page.$get({ query: { days, placement } })),
        json(api.weights.$get()),
        json(api.status.$get()),
        Promise.all([
          json(api.experiments.$get()),
          json(api.reports.$get()),
          json(api.costs.$get()),
        ]),
      ]);
    const [{ experiments }, { reports }, costs] = more;
    const names = new Map(weights.map(({ version, name }) => [version, name]));
    const all = new URLSearchParams(location.search);
    all.delete('item');
    return [
      chosenSection(Number(days), experiment, experiments, by !== undefined),
      ...overTimeSections(figures),
      groupsSection(figures, names, live?.version),
      itemsSection(items, item, `?${all}`),
      searchesSection(searches, chosen('searches')),
      pageActivitySection(activity),
      costsSection(costs),
      reportsSection(reports),
    ];
  },
};

const reportsSection = (reports: readonly { readonly month: string }[]): Section => ({
  id: 'reports',
  title: 'Monthly reports',
  content: [
    reports.length === 0
      ? empty('There is none yet.', 'The first one is written once a month is over.')
      : h(
          'ul',
          { class: 'links' },
          reports.map(({ month }) =>
            h('li', {}, h('a', { href: `/v1/reports/${month}?format=html` }, month)),
          ),
        ),
  ],
});
