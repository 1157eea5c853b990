import { count } from '../../../shared/text/text.ts';
import type { TrainingData } from '../../log/training-set/collect.ts';

/** How much the limits on persons and items left out, in words; undefined where they did not touch anything. */
export function limitedText(limited: TrainingData['limited']): string | undefined {
  if (limited === undefined) return undefined;
  const { overPerson, repeated, clipped, overItem, itemsOver } = limited;
  const parts = [
    overPerson > 0 && `${count(overPerson)} rankings beyond what one person may`,
    repeated > 0 && `${count(repeated)} further rewards of one person for an item`,
    overItem > 0 && `${count(overItem)} rewards beyond what ${count(itemsOver)} items may rise`,
  ].filter((part) => part !== false);
  const lowered = clipped > 0 ? [`${count(clipped)} large rewards are lowered`] : [];
  const texts = [...(parts.length > 0 ? [`not counted: ${parts.join(', ')}`] : []), ...lowered];
  return texts.length > 0 ? texts.join('; ') : undefined;
}
