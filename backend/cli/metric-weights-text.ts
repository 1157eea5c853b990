import { counted, cut, facts, moment, table } from '../../shared/text/text.ts';

/** `GET /v1/metric-weights/{schema}`, as far as people read it. */
export interface Shown {
  readonly schema: string;
  readonly policy: 'adaptive' | 'fixed';
  readonly target: string | null;
  readonly inForce: Partial<Omit<Entry, 'source'>> & {
    readonly source: 'override' | 'learned' | 'schema';
    readonly weights: Readonly<Record<string, number>>;
  };
  readonly experiments: readonly Entry[];
  readonly learned: readonly Learned[];
  readonly history: readonly Entry[];
}

interface Entry {
  readonly id: number;
  readonly source: 'override' | 'learned';
  readonly method: 'fixed' | 'importance' | 'surrogate';
  readonly weights: Readonly<Record<string, number>>;
  readonly author: string;
  readonly reason: string;
  readonly createdAt: number;
  readonly expiresAt: number | null;
  readonly experimentId: string | null;
  readonly hash: string | null;
  readonly warning?: readonly string[];
  readonly withdraws?: number;
}

interface Learned {
  readonly id: number;
  readonly createdAt: number;
  readonly method: 'importance' | 'surrogate';
  readonly by?: string;
  readonly target: string;
  readonly units: number;
  readonly experiments: number;
  readonly weights: readonly {
    readonly metric: string;
    readonly weight: number;
    readonly low: number;
    readonly high: number;
  }[];
  readonly skill?: { readonly r2: Figure; readonly gain: Figure };
  readonly abstains?: string;
  /** What training would be paid by it; empty where it makes no reward. */
  readonly reward: Readonly<Record<string, number>>;
}

interface Figure {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

export interface Verification {
  readonly intact: boolean;
  readonly rows: number;
  readonly unhashed: number;
  readonly head: string | null;
  readonly faults: readonly { readonly message: string }[];
}

export interface Units {
  readonly unit: string;
  readonly target: string | null;
  readonly units: number;
  readonly labelled: number;
  readonly refused: number;
  readonly nextLabelAt: number | null;
  readonly newestAt: number | null;
}

export function shownText({ schema, inForce, experiments, learned, policy }: Shown): string {
  const rewarded = table(['metric', 'worth'], Object.entries(inForce.weights));
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
    parts.push('The policy is fixed: what was learned is shown, and not rewarded.');
  return parts.join('\n\n');
}

function originOf({ source, createdAt, expiresAt, author, reason, id }: Shown['inForce']): string {
  if (source === 'schema') return 'as the schema says';
  if (source === 'learned') return `learned ${moment(createdAt)} (${id})`;
  const until = typeof expiresAt === 'number' ? ` until ${moment(expiresAt)}` : '';
  return `set ${moment(createdAt)} by ${author}${until}: ${reason} (${id})`;
}

function learnedText(of: Learned): string {
  const { method, by, units, experiments, target, weights, skill, abstains, reward } = of;
  const paysNothing =
    method === 'surrogate' && abstains === undefined && Object.keys(reward).length === 0;
  const rows = weights.map(({ metric, weight, low, high }) => [
    metric,
    figure(weight),
    `${figure(low)} to ${figure(high)}`,
  ]);
  const name =
    method === 'importance' ? `importance (${by}): what the model leans on` : 'surrogate';
  return [
    `${name}, of ${target}, from ${counted(units, 'unit')} and ${counted(experiments, 'experiment')} (${of.id}, ${moment(of.createdAt)})`,
    ...(paysNothing
      ? ['not rewarded: of no metric is it certain that more of it is worth more']
      : []),
    ...(skill === undefined
      ? []
      : [
          `held-out r² ${interval(skill.r2)}, ranking against equal weights ${interval(skill.gain)}`,
        ]),
    abstains === undefined
      ? table(['metric', 'weight', '95 %'], rows)
      : `abstains, its weights are the prior alone: ${abstains}`,
  ].join('\n');
}

export const historyText = (history: readonly Entry[]): string =>
  history.length === 0
    ? 'Nothing was learned or set yet.'
    : table(
        ['id', 'when', 'what', 'who', 'why', 'weights', 'until', 'hash'],
        history.map((entry) => [
          String(entry.id),
          moment(entry.createdAt),
          whatOf(entry),
          entry.author,
          cut(entry.reason, MOST_OF_A_REASON),
          weightsText(entry.weights),
          moment(entry.expiresAt),
          entry.hash?.slice(0, 12) ?? '–',
        ]),
      );

/** Characters in a table; --json has it whole. */
const MOST_OF_A_REASON = 80;

const whatOf = ({ source, method, withdraws, experimentId }: Entry): string => {
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
    ['unlike people', found.refused],
    ['next label', moment(found.nextLabelAt)],
    ['newest', moment(found.newestAt)],
  ]);

const weightsText = (weights: Readonly<Record<string, number>>): string =>
  Object.entries(weights)
    .map(([metric, weight]) => `${metric}=${weight}`)
    .join(' ') || '–';

const interval = ({ mean, low, high }: Figure) =>
  `${figure(mean)} (${figure(low)} to ${figure(high)})`;

const figure = (value: number) => value.toFixed(3);
