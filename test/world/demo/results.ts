import { RULES_VERSION, type Version } from '../../../shared/domain/ids.ts';
import { count, table } from '../../../shared/text/text.ts';
import { figuresOf, type Figures } from './outcome.ts';
import { lift, share } from './say.ts';
import { ranksAlone, sumOf } from './seen.ts';
import type { Stage } from './story.ts';
import type { Taste } from './taste.ts';

export interface ResultRow {
  readonly taste: Taste;
  readonly name: string;
  /** What such visitors do on average, by their tastes. */
  readonly truth: Figures;
  /** What they did, where the version served: rankings of canaries and interleaved ones left out. */
  readonly measured?: Figures & { readonly rankings: number };
}

/** Rules, learned and oracle, for the visitors before the turn and for those after it. */
export async function resultRows(
  { crowd, tastes: { before, after }, truth }: Pick<Stage, 'crowd' | 'tastes' | 'truth'>,
  { learned, relearned }: { readonly learned: Version; readonly relearned: Version },
): Promise<ResultRow[]> {
  const seen = crowd.seen();
  const row = async (taste: Taste, name: string, version: Version | 'oracle') => {
    const known = { taste, name, truth: await truth(version, taste) };
    if (version === 'oracle') return known;
    const { rankings, happened } = sumOf(seen, ranksAlone(version, taste));
    return rankings === 0
      ? known
      : { ...known, measured: { rankings, ...figuresOf(happened, rankings) } };
  };
  return [
    await row(before, 'rules', RULES_VERSION),
    await row(before, 'learned', learned),
    await row(before, 'oracle', 'oracle'),
    await row(after, 'rules', RULES_VERSION),
    await row(after, 'learned before', learned),
    await row(after, 'learned again', relearned),
    await row(after, 'oracle', 'oracle'),
  ];
}

const FIGURES = ['clickThrough', 'mrr', 'conversion'] as const;

/** What was measured, the truth, and by how much the truth lies above that of the rules. */
export function resultsText(rows: readonly ResultRow[]): string {
  const rulesOf = (taste: Taste) =>
    rows.find((row) => row.taste === taste && row.name === 'rules')!;
  const cells = rows.map(({ taste, name, truth, measured }, i) => {
    const rules = rulesOf(taste).truth;
    const isRules = name === 'rules';
    return [
      rows[i - 1]?.taste === taste ? '' : taste.name,
      name,
      measured ? count(measured.rankings) : '',
      ...FIGURES.flatMap((figure) => [
        measured ? text(figure, measured[figure]) : '',
        text(figure, truth[figure]),
        isRules ? '' : lift(truth[figure], rules[figure]),
      ]),
    ];
  });
  const head = [
    'visitors',
    'ranked by',
    'rankings',
    'click-through',
    'true',
    'lift',
    'MRR',
    'true',
    'lift',
  ];
  return table([...head, 'conversion', 'true', 'lift'], cells);
}

const text = (figure: (typeof FIGURES)[number], value: number): string =>
  figure === 'mrr' ? value.toFixed(3) : share(value);
