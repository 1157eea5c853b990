import type { StageOutcome } from './rollout-decision.ts';
import { placementFlag, type RolloutEvidence, type RolloutState } from './rollout-evidence.ts';
import type { RolloutRules } from './settings.ts';

/**
 * What others did to the pointer comes before anything else: operators, and also trainings and schemas that went live at once.
 * @returns undefined where they left the rollout to itself.
 */
export function followOps(
  state: RolloutState,
  { pointer }: RolloutEvidence,
  { gain: rules }: RolloutRules,
): StageOutcome | undefined {
  const { challenger, champion, stage } = state;
  const keepOff = { do: 'keep off' } as const;
  if (pointer.hold === true) {
    const why = `${pointer.champion} is held by ${pointer.by ?? 'hand'}: the rollout of ${challenger} keeps off until it is released`;
    const stuck = `an operator must decide: end the hold by "trimtab release${placementFlag(state.placement)}", or the rollout by "trimtab rollouts withdraw ${challenger}"`;
    // Rules from before anybody was told: their log must come out the same again.
    return { stage: 'hold', action: keepOff, why, ...(rules !== undefined && { stuck }) };
  }
  switch (stage) {
    case 'withdrawn':
      return { stage, action: { do: 'wait' }, why: `the rollout of ${challenger} is over` };
    case 'hold': {
      // It was held as the champion: its guardrails are still checked.
      if (pointer.champion === challenger) return undefined;
      const { madeLiveBy } = pointer;
      // Logs from before it was known must come out the same again.
      const moved =
        madeLiveBy === undefined
          ? `ops have made ${pointer.champion} live, and hold it no more`
          : `${madeLiveBy} made ${pointer.champion} live, and nobody holds it`;
      const why = `${moved}: ${challenger} starts again as a candidate or not at all`;
      return { stage: 'withdrawn', action: { do: 'wait' }, why };
    }
    default: {
      // A promotion takes a while to reach the pointer: until then the old champion is expected.
      const ours = stage === 'champion' ? [challenger, champion] : [champion];
      if (ours.includes(pointer.champion)) return undefined;
      const why = `${pointer.madeLiveBy ?? pointer.by ?? 'somebody'} made ${pointer.champion} live, not ${ours[0]}: the rollout of ${challenger} keeps off`;
      return { stage: 'hold', action: keepOff, why };
    }
  }
}
