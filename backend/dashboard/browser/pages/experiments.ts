import { api, json } from '../api.ts';
import type { Section } from '../dom.ts';
import { chosen } from '../state.ts';
import type { Experiment } from '../../../http/answers.ts';
import { armsSection } from './experiments/arms.ts';
import { comparisonSection } from './experiments/comparison.ts';
import { effectsSection, type Effects } from './experiments/effects.ts';
import { headSection } from './experiments/head.ts';
import { listSection } from './experiments/list.ts';
import type { Report } from './experiments/report.ts';
import { holdoutSection } from './holdout.ts';
import type { Page } from './page.ts';
import { powerSection } from './power.ts';

export const experimentsPage: Page = {
  topics: ['experiments'],
  everyMs: 60_000,
  async load() {
    const { experiments } = await json(api.experiments.$get());
    const asked = chosen('id');
    const shown =
      experiments.find(({ id }) => id === asked) ??
      experiments.find(({ status }) => status === 'running') ??
      experiments[0];
    const [ofShown, holdout] = await Promise.all([
      shown === undefined ? [] : sectionsOf(shown.id),
      json(api.experiments.holdout.$get()),
    ]);
    return [...ofShown, listSection(experiments, shown), holdoutSection(holdout), powerSection()];
  },
};

async function sectionsOf(id: string): Promise<Section[]> {
  const one = api.experiments[':id'];
  const [whole, { effects }] = await Promise.all([
    json(one.$get({ param: { id } })),
    json(one.effects.$get({ param: { id } })),
  ]);
  const { report } = whole;
  return [headSection(whole), ...(report === null ? [] : reportSections(whole, report, effects))];
}

function reportSections(one: Experiment, report: Report, effects: Effects): Section[] {
  const { analysis, weights } = report;
  return [
    ...analysis.comparisons.map((comparison, i) => comparisonSection(comparison, weights, i)),
    effectsSection(one, effects),
    armsSection(one, report),
  ];
}
