import { readLive } from '../models/live-pointer.ts';
import { onlineLearning } from '../store/tables.ts';
import type { Store } from '../store/open.ts';
import { CHAMPION_ARM } from '../../shared/domain/weight-delta.ts';
import { type Finding, found, type Observation } from './finding.ts';

const KIND = 'learning stopped';

/** Finds arms whose live version learns no more as people click, because what was learned did harm or went too far. */
export async function readStoppedLearning(store: Store): Promise<Observation> {
  const pointer = (await readLive(store))?.pointer;
  const rows = await store.db.select().from(onlineLearning);
  const findings = rows.flatMap(({ arm, version, stoppedAt, why }): Finding[] => {
    const live = arm === CHAMPION_ARM ? pointer?.champion : pointer?.arms?.[arm];
    if (stoppedAt === null || live !== version) return [];
    return [
      {
        key: `${KIND}: ${arm} ${version}`,
        kind: KIND,
        message: `${arm} serves ${version} as it was published, and learns nothing more until the next version: ${why}`,
        details: { arm, version, since: stoppedAt },
      },
    ];
  });
  return found(...findings);
}
