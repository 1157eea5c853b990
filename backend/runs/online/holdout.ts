import type { Version } from '../../../shared/domain/ids.ts';
import type { Holdout } from '../../../shared/domain/weight-delta.ts';
import type { OnlineSettings } from './settings.ts';

/** What exposures to the standing holdout of an arm's version are logged as. */
export const holdoutId = (arm: string, version: Version | string): string =>
  `learning-${arm.replaceAll(':', '-')}-${version}`;

export const holdoutOf = (
  arm: string,
  version: Version,
  { holdoutShare }: Pick<OnlineSettings, 'holdoutShare'>,
  salt: string,
): Holdout => ({ id: holdoutId(arm, version), share: holdoutShare, salt });
