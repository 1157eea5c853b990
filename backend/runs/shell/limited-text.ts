import { counted } from '../../../shared/text/text.ts';
import type { TrainingData } from '../../log/training-set/collect.ts';

/** How much the limits on persons and items left out, in words; undefined where they did not touch anything. */
export function limitedText(limited: TrainingData['limited']): string | undefined {
  if (limited === undefined) return undefined;
  const { overPerson, repeated, clipped, overItem, itemsOver } = limited;
  const parts = [
    overPerson > 0 && `${counted(overPerson, 'ranking')} beyond what one person may`,
    repeated > 0 && `${counted(repeated, 'further reward')} of one person for an item`,
    overItem > 0 &&
      `${counted(overItem, 'reward')} beyond what ${counted(itemsOver, 'item')} may rise`,
  ].filter((part) => part !== false);
  const lowered =
    clipped > 0
      ? [`${counted(clipped, 'large reward')} ${clipped === 1 ? 'is' : 'are'} lowered`]
      : [];
  const texts = [...(parts.length > 0 ? [`not counted: ${parts.join(', ')}`] : []), ...lowered];
  return texts.length > 0 ? texts.join('; ') : undefined;
}
