import type { Version } from '../../../shared/domain/ids.ts';
import type { Holdout } from '../../../shared/domain/weight-delta.ts';
import type { OnlineSettings } from './settings.ts';

/** Every id of a holdout begins with it, and no other experiment's does. */
export const FIRST_OF_HOLDOUTS = 'learning-';

/** What exposures to the standing holdout of an arm's version are logged as. */
export const holdoutId = (arm: string, version: Version | string): string =>
  `${FIRST_OF_HOLDOUTS}${arm.replaceAll(':', '-')}-${version}`;

export const holdoutOf = (
  arm: string,
  version: Version,
  { holdoutShare }: Pick<OnlineSettings, 'holdoutShare'>,
  salt: string,
): Holdout => ({ id: holdoutId(arm, version), share: holdoutShare, salt });

/** @returns undefined where it is no id of a holdout. */
export function partsOfHoldoutId(
  id: string,
): { readonly arm: string; readonly version: string } | undefined {
  const [, arm, version] = /^learning-(.+)-(v\d{6,9})$/.exec(id) ?? [];
  return arm === undefined ? undefined : { arm, version };
}
