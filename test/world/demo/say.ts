import type { RolloutDecision } from '../../../backend/rollouts/rollout-decision.ts';
import { percent } from '../../../shared/text/text.ts';

export const share = (value: number): string => percent(value, { digits: 1 });

/** By how much a figure lies above another, relative to that. */
export const lift = (value: number, base: number): string =>
  percent(value / base - 1, { digits: 0, signed: true });

/** What a decision of a rollout says of itself, without the names of the steps, which stand before it. */
export function decided({ from, next, why }: RolloutDecision): string {
  const [, evidence] = /^at [\w ]+, v\d+(?: had|:) (.*?)(?:: on to [\w ]+)?$/.exec(why) ?? [];
  const said = (evidence ?? why)
    // Here steps take seconds, which are no hours.
    .replace(/ in 0\.0 h/, '')
    .replace(/, the gate's promote/, '');
  // What interleaving said is told when it says it.
  const isOver = from.stage.startsWith('canary') && next.stage !== 'withdrawn';
  const told = isOver ? said.replace(/, interleaving prefers .*$/, '') : said;
  return `→ ${next.stage.padEnd(STAGE_WIDTH)}  ${told}`;
}

const STAGE_WIDTH = 'interleaved'.length;
