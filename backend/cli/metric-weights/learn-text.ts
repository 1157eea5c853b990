import type { ArmAnswer } from '../../science/metric-weighting/arm-effects.ts';
import type {
  LearnedWeights,
  MetricWeight,
  Skill,
  SkillFigure,
} from '../../science/metric-weighting/learned-weights.ts';
import type { FileSource, LearnedFromFile } from '../../runs/metric-weights/files/learn-file.ts';
import { count, facts, percent, table } from '../../../shared/text/text.ts';

const METHODS = {
  surrogate: 'surrogate: signed weights on effects, for decisions',
  importance: 'importance: which metrics the model uses, for reading; neither direction nor cause',
} as const;

/** Weights, intervals, skill, and the predicted effects of the arms. */
export function learnText({ source, learned, arms }: LearnedFromFile): string {
  const { skill, abstains } = learned;
  return [
    facts([
      ['target', learned.target],
      ...sourceFacts(source),
      ['method', METHODS[learned.method]],
      ['model', modelText(learned)],
      ['seed', String(learned.seed)],
    ]),
    abstains === undefined
      ? ''
      : `ABSTAINS: ${abstains}.\nThe weights below are ${learned.method === 'surrogate' ? 'the declared prior' : 'equal shares'}, not learned.`,
    weightsText(learned),
    skill === undefined ? 'held-out skill: not measured' : skillText(skill, learned),
    ...arms.map(armText),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

export const sourceFacts = ({ file, mapping, rows, notes }: FileSource): [string, string][] => [
  ['from', `${rows} in ${file}, mapping ${mapping}`],
  ...notes.map((text): [string, string] => ['note', text]),
];

function modelText(learned: LearnedWeights): string {
  const { kind, trees, from } = learned.model;
  if (learned.method === 'importance')
    return `${plain(kind)}${trees === undefined ? '' : ` of ${plain(trees)} trees`}, by ${learned.by}`;
  const source = from === undefined ? '' : `, learned from ${plain(from)}`;
  const prior = `shrinkage ${percent(learned.shrinkage, { digits: 1 })}`;
  return `linear surrogate index, ridge regression towards the prior${source}; ${prior}`;
}

const plain = (value: unknown): string =>
  typeof value === 'string' ? value : JSON.stringify(value);

function weightsText(learned: LearnedWeights): string {
  const ordered = learned.weights.toSorted((a, b) => Math.abs(b.weight) - Math.abs(a.weight));
  if (learned.method === 'importance')
    return table(
      ['metric', 'share', '95 % interval'],
      ordered.map(({ metric, weight, low, high }) => [
        metric,
        weight.toFixed(3),
        `${low.toFixed(3)} to ${high.toFixed(3)}`,
      ]),
    );
  const isSignificant = ({ low, high }: MetricWeight) =>
    learned.abstains === undefined && (low > 0 || high < 0);
  const rows = table(
    ['metric', 'weight', '95 % interval', 'prior', 'significant'],
    ordered.map((one) => [
      one.metric,
      signed(one.weight),
      learned.abstains === undefined ? `${signed(one.low)} to ${signed(one.high)}` : '–',
      signed(learned.prior[one.metric]),
      isSignificant(one) ? 'yes' : 'no',
    ]),
  );
  const { statements = [] } = learned;
  const said = [rows, ...(statements.length === 0 ? [] : [statements.join('\n')])].join('\n\n');
  if (learned.abstains !== undefined || ordered.some(isSignificant)) return said;
  return `${said}\n\nNo single weight is significant, because the metrics are correlated; together they predict:`;
}

function skillText(skill: Skill, { experiments }: LearnedWeights): string {
  const what = experiments > 0 ? 'treatments' : 'units';
  const beyond = experiments > 0 ? '' : ', beyond context';
  return [
    `on ${count(skill.heldOut)} held-out ${what}:`,
    facts([
      [`  r²${beyond}`, figureText(skill.r2)],
      [`  concordance${beyond}`, figureText(skill.concordance)],
      ['  concordance of equal weights', figureText(skill.equalWeights)],
      ['  difference, paired', `${figureText(skill.gain, true)}${verdict(skill.gain)}`],
    ]),
  ].join('\n');
}

function verdict({ low, high }: SkillFigure): string {
  if (low > 0) return ': better than equal weights';
  return high < 0
    ? ': worse than equal weights'
    : ': not significantly different from equal weights';
}

function armText(arm: ArmAnswer): string {
  if (arm.kind === 'no-answer') return `${arm.arm} against the control: ${arm.message}`;
  const rows = arm.effects.map((one) => [one.metric, figureText(one, true)]);
  const both = (figure: SkillFigure) => {
    const { mean, low, high } = scaled(figure, arm.targetDeviation);
    return `${figureText(figure, true)}; in its own units ${figureText({ mean, low, high }, true)}`;
  };
  return [
    `${arm.arm} against the control (${count(arm.units)} and ${count(arm.controlUnits)} units), in standard deviations:`,
    facts(
      [
        ...rows,
        ['predicted on the target, through the metrics', both(arm.predicted)],
        ['observed on the target', arm.observed === undefined ? '–' : both(arm.observed)],
      ].map(([name, value]) => [`  ${name}`, value] as const),
    ),
  ].join('\n');
}

const scaled = ({ mean, low, high }: SkillFigure, by: number): SkillFigure => ({
  mean: mean * by,
  low: low * by,
  high: high * by,
});

/** `0.673 (0.594 to 0.754)`. */
export const figureText = ({ mean, low, high }: SkillFigure, withSign = false): string => {
  const show = withSign ? signed : (value: number) => value.toFixed(3);
  return `${show(mean)} (${show(low)} to ${show(high)})`;
};

const signed = (value: number): string => {
  const digits = Math.abs(value) < 0.1 ? 4 : 3;
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(digits)}`;
};
