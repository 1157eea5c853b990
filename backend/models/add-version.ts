import type { Version } from '../../shared/domain/ids.ts';
import type { UnversionedScorer } from '../../shared/score/scorer.ts';
import { messageOf } from '../../shared/text/message-of.ts';
import type { Publisher } from './publisher.ts';
import type { Versions } from './versions.ts';

export interface AddVersionDeps {
  readonly versions: Pick<Versions, 'add'>;
  readonly publisher: Pick<Publisher, 'publishVersion'>;
  readonly log: (message: string) => void;
}

/** Stores a scorer under the next free version, and publishes it: at once if the edge answers, else as soon as it does. */
export async function addVersion(
  { versions, publisher, log }: AddVersionDeps,
  scorer: UnversionedScorer,
  lineage: Record<string, unknown>,
): Promise<Version> {
  const version = await versions.add(scorer, lineage);
  await publisher
    .publishVersion(version)
    .catch((error: unknown) => log(`${version} is stored, but not in KV yet: ${messageOf(error)}`));
  return version;
}
