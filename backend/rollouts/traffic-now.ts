import { trafficOf, type ExperimentTraffic } from '../experiments/traffic.ts';
import type { Store } from '../store/open.ts';
import { apprenticeshipsOf, readApprenticeSettings } from '../models/apprentice-settings.ts';
import { servedRules } from '../models/slate-rules.ts';
import type { Traffic } from '../models/compose-pointer.ts';
import { shadowsOf } from './rollout-rows.ts';

/** What the pointer should hold besides the champion; empty parts are left out. */
export async function trafficNow(
  store: Store,
  shadowShare: number,
  nowMs: number,
): Promise<Traffic> {
  const { placements: placed, placedLayers, ...main } = await trafficOf(store);
  const apprentice = apprenticeshipsOf(await readApprenticeSettings(store));
  const slateRules = await servedRules(store, nowMs);
  const shadows = await shadowsOf(store, shadowShare);
  const names = [...new Set([...Object.keys(placed), ...shadows.keys()])].filter(
    (name) => name !== null,
  );
  return {
    ...nonEmpty(main),
    ...(placedLayers && { placedLayers }),
    ...shadows.get(null),
    ...(apprentice && { apprentice }),
    ...(slateRules && { slateRules }),
    ...(names.length > 0 && {
      placements: Object.fromEntries(
        names.map((name) => [
          name,
          {
            ...(Object.hasOwn(placed, name) && nonEmpty(placed[name])),
            ...shadows.get(name),
          },
        ]),
      ),
    }),
  };
}

const nonEmpty = ({ arms, layers }: Pick<ExperimentTraffic, 'arms' | 'layers'>) => ({
  ...(Object.keys(arms).length > 0 && { arms }),
  ...(layers.length > 0 && { layers }),
});
