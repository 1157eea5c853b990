import type { Version } from '../../../shared/domain/ids.ts';
import { readMark, setMark } from '../../log/account/mark.ts';
import type { Store } from '../../store/open.ts';
import type { OnlineTarget } from './online-targets.ts';

/** How often the gate was asked about deltas of a version, stored so that a restart does not begin anew. */
interface Looks {
  readonly version: Version;
  readonly looks: number;
}

/** The version that was asked about last comes first. */
interface ArmLooks {
  readonly versions: readonly Looks[];
}

/** Of an arm so many versions are remembered, those that were asked about last: an older one does not come back. */
const MOST_VERSIONS = 50;

const markOf = (arm: string) => `online learning: ${arm}`;

/** @returns 0 for a version that the arm never had: what was asked about another one was another question. */
export async function looksSoFar(
  { db }: Pick<Store, 'db'>,
  { arm, version }: Pick<OnlineTarget, 'arm' | 'version'>,
): Promise<number> {
  return (await readLooks(db, arm)).find((one) => one.version === version)?.looks ?? 0;
}

/** To be stored before anything comes of a look, which a crash would otherwise forget. */
export async function storeLooks(
  { db, write }: Pick<Store, 'db' | 'write'>,
  { arm, version }: Pick<OnlineTarget, 'arm' | 'version'>,
  looks: number,
): Promise<void> {
  const others = (await readLooks(db, arm)).filter((one) => one.version !== version);
  const versions = [{ version, looks }, ...others].slice(0, MOST_VERSIONS);
  await write([setMark(db, markOf(arm), { versions } satisfies ArmLooks)]);
}

async function readLooks(db: Store['db'], arm: string): Promise<readonly Looks[]> {
  const { mark } = await readMark<ArmLooks | Looks>(db, markOf(arm));
  if (mark === undefined) return [];
  // One version only was remembered once.
  return 'versions' in mark ? mark.versions : [mark];
}
