import type { Version } from '../../../shared/domain/ids.ts';
import { readMark, setMark } from '../../log/account/mark.ts';
import type { Store } from '../../store/open.ts';
import type { OnlineTarget } from './online-targets.ts';

/** How often the gate was asked about deltas of a version, stored so that a restart does not begin anew. */
interface Looks {
  readonly version: Version;
  readonly looks: number;
}

const markOf = (arm: string) => `online learning: ${arm}`;

/** @returns 0 for a version that the arm has just got: what was asked about another one was another question. */
export async function looksSoFar(
  { db }: Pick<Store, 'db'>,
  { arm, version }: Pick<OnlineTarget, 'arm' | 'version'>,
): Promise<number> {
  const { mark } = await readMark<Looks>(db, markOf(arm));
  return mark?.version === version ? mark.looks : 0;
}

/** To be stored before anything comes of a look, which a crash would otherwise forget. */
export const storeLooks = (
  store: Pick<Store, 'db' | 'write'>,
  { arm, version }: Pick<OnlineTarget, 'arm' | 'version'>,
  looks: number,
) => store.write([setMark(store.db, markOf(arm), { version, looks } satisfies Looks)]);
