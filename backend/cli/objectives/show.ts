import { duration, percent, table } from '../../../shared/text/text.ts';
import { backendClient, json } from '../../client/backend-client.ts';
import { print } from '../../client/print.ts';
import type { Objectives } from '../../http/answers.ts';
import { backendVerb, type VerbOptions } from '../command/verb.ts';

export const showObjectivesVerb = () =>
  backendVerb('show', 'service-level objectives, and what is left of their error budgets').action(
    show,
  );

async function show(options: VerbOptions): Promise<void> {
  const found = await json(backendClient(options).objectives.$get({ query: {} }));
  print(found, () => objectivesText(found), options);
}

function objectivesText({ objectives, moves }: Objectives): string {
  const share = (value: number) => percent(value, { digits: 2 });
  const rows = objectives.map(({ says, target, good, total, budgetLeft, state }) => [
    says,
    share(target),
    total === 0 ? '–' : share(good / total),
    budgetLeft === null ? '–' : percent(budgetLeft),
    state,
  ]);
  const [last] = moves;
  const moved =
    last === undefined
      ? ''
      : `\n\nThe last move of the pointer (r${last.revision}) took ${duration(last.tookMs)} to all edges, as far as they have said.`;
  return `${table(['objective', 'is to hold for', 'held for, 28 days', 'budget left', 'state'], rows)}${moved}`;
}
