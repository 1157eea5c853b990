import { trafficOf } from '../experiments/traffic.ts';
import type { Store } from '../store/open.ts';
import { apprenticeshipsOf, readApprenticeSettings } from '../models/apprentice-settings.ts';
import { servedRules } from '../models/slate-rules.ts';
import type { Traffic } from '../models/live-pointer-service.ts';
import { shadowOf } from './rollout-rows.ts';

/** What the pointer should hold besides the champion; empty parts are left out. */
export async function trafficNow(
  store: Store,
  shadowShare: number,
  nowMs: number,
): Promise<Traffic> {
  const { arms, layers } = await trafficOf(store);
  const apprentice = apprenticeshipsOf(await readApprenticeSettings(store));
  const slateRules = await servedRules(store, nowMs);
  return {
    ...(Object.keys(arms).length > 0 && { arms }),
    ...(layers.length > 0 && { layers }),
    ...(await shadowOf(store, shadowShare)),
    ...(apprentice && { apprentice }),
    ...(slateRules && { slateRules }),
  };
}
