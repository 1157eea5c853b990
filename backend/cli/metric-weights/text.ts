import { counted, cut, facts, moment, table } from '../../../shared/text/text.ts';
import type { Answer, MetricWeights } from '../../http/answers.ts';
import type { SkillFigure } from '../../science/metric-weighting/learned-weights.ts';

type Entry = MetricWeights['history'][number];
type Learned = MetricWeights['learned'][number];
type Verification = Answer<'/v1/metric-weights/:schema/verify'>;
type Units = Answer<'/v1/metric-weights/:schema/units'>;

export function shownText({
  schema,
  inForce,
  experiments,
  learned,
  policy,
}: MetricWeights): string {
  const rewarded = table(['metric', 'weight'], Object.entries(inForce.weights));
  const parts = [
    `${schema}, ${originOf(inForce)}`,
    ...(inForce.warning === undefined ? [] : [warningText(inForce.warning)]),
    rewarded,
    ...experiments.map(
      (entry) => `${entry.experimentId}, ${originOf(entry)}: ${weightsText(entry.weights)}`,
    ),
    ...learned.map(learnedText),
  ];
  if (policy === 'fixed' && learned.length > 0)
    parts.push('The policy is fixed: learned weights are shown, and do not change the reward.');
  return parts.join('\n\n');
}

function originOf({
  source,
  createdAt,
  expiresAt,
  author,
  reason,
  id,
}: MetricWeights['inForce']): string {
  if (source === 'schema') return 'as the schema declares';
  if (source === 'learned') return `learned ${moment(createdAt)} (${id})`;
  const until = typeof expiresAt === 'number' ? ` until ${moment(expiresAt)}` : '';
  return `set ${moment(createdAt)} by ${author}${until}: ${reason} (${id})`;
}

function learnedText(of: Learned): string {
  const { method, by, units, experiments, target, weights, skill, abstains, reward } = of;
  const { statements = [] } = of;
  const givesNoReward =
    method === 'surrogate' && abstains === undefined && Object.keys(reward).length === 0;
  const rows = weights.map(({ metric, weight, low, high }) => [
    metric,
    figure(weight),
    `${figure(low)} to ${figure(high)}`,
  ]);
  const name =
    method === 'importance' ? `importance (${by}): which metrics the model uses` : 'surrogate';
  return [
    `${name}, of ${target}, from ${counted(units, 'unit')} and ${counted(experiments, 'experiment')} (${of.id}, ${moment(of.createdAt)})`,
    ...(givesNoReward ? ['no reward: no metric has a weight that is significantly above 0'] : []),
    ...(skill === undefined
      ? []
      : [
          `held-out r² ${interval(skill.r2)}, ranking against equal weights ${interval(skill.gain)}`,
        ]),
    abstains === undefined
      ? table(['metric', 'weight', '95 %'], rows)
      : `abstains, and its weights are the prior: ${abstains}`,
    ...statements,
  ].join('\n');
}

export const historyText = (history: readonly Entry[]): string =>
  history.length === 0
    ? 'Nothing was learned and nothing was overridden yet.'
    : table(
        ['id', 'time', 'kind', 'author', 'reason', 'weights', 'until', 'hash'],
        history.map((entry) => [
          String(entry.id),
          moment(entry.createdAt),
          kindOf(entry),
          entry.author,
          cut(entry.reason, MAX_REASON),
          weightsText(entry.weights),
          moment(entry.expiresAt),
          entry.hash?.slice(0, 12) ?? '–',
        ]),
      );

/** Characters of a reason in a table; `--json` has it whole. */
const MAX_REASON = 80;

const kindOf = ({ source, method, withdraws, experimentId }: Entry): string => {
  if (withdraws !== undefined) return `withdraws ${withdraws}`;
  if (source === 'learned') return method;
  return experimentId === null ? 'override' : `override of ${experimentId}`;
};

export const warningText = (warning: readonly string[], isDry = false): string =>
  [isDry ? 'It would change:' : 'It changes:', ...warning.map((line) => `  ${line}`)].join('\n');

export const verificationText = ({ intact, rows, unhashed, head, faults }: Verification): string =>
  [
    facts([
      ['history', intact ? 'intact' : 'TAMPERED WITH'],
      ['rows', rows],
      ['without a hash', unhashed],
      ['newest hash', head],
    ]),
    ...faults.map(({ message }) => message),
  ].join('\n');

export const unitsText = (found: Units): string =>
  facts([
    ['target', found.target ?? 'none is declared: metricWeights.target in trimtab.config.ts'],
    ['units', counted(found.units, found.unit)],
    ['with a label', found.labelled],
    ['bots', found.refused],
    ['next label', moment(found.nextLabelAt)],
    ['newest', moment(found.newestAt)],
  ]);

const weightsText = (weights: Readonly<Record<string, number>>): string =>
  Object.entries(weights)
    .map(([metric, weight]) => `${metric}=${weight}`)
    .join(' ') || '–';

const interval = ({ mean, low, high }: SkillFigure) =>
  `${figure(mean)} (${figure(low)} to ${figure(high)})`;

const figure = (value: number) => value.toFixed(3);
