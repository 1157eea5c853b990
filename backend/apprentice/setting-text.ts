import { EVERYWHERE } from '../../shared/domain/apprentice.ts';
import { percent } from '../../shared/text/text.ts';

/** Whose order is shown at a placement, in a sentence. */
export const settingText = ({
  placement,
  share,
}: {
  readonly placement: string;
  readonly share: number;
}): string => {
  const where = placement === EVERYWHERE ? 'everywhere' : `at ${placement}`;
  if (share === 0) return `${where} the site keeps its own order: Trimtab is an apprentice.`;
  if (share === 1) return `${where} Trimtab ranks.`;
  return `${where} Trimtab ranks for ${percent(share)} of the sessions, the others see the site's own order.`;
};

/** All that is set, a line each. */
export const settingsText = (settings: readonly Parameters<typeof settingText>[0][]): string =>
  settings.length === 0
    ? 'Trimtab ranks everywhere: it is no apprentice ("trimtab apprentice on" makes it one).'
    : settings.map(settingText).join('\n');
