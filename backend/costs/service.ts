import { DAY_MS } from '../../shared/domain/utc-day.ts';
import { openObjectStore } from '../log/partitions/open-object-store.ts';
import type { StoreLocation } from '../log/partitions/object-store.ts';
import { listPartitions, readManifest } from '../log/partitions/partition.ts';
import type { Store } from '../store/open.ts';
import { estimate, type Bill } from './estimate.ts';
import { measure, type Measured } from './measure.ts';
import { monthlyUsage, type BucketUse } from './monthly-usage.ts';
import type { CostSettings } from './settings.ts';

export interface CostDeps {
  readonly store: Pick<Store, 'db'>;
  readonly settings: CostSettings;
  readonly location: StoreLocation;
  readonly watchEveryMs: number;
  readonly edgeProbeMs: number;
  readonly nowMs: () => number;
}

export interface Costs {
  /** `measured` is null where less than an hour of the log tells nothing of a month. */
  estimate(): Promise<{
    readonly measured: Measured | null;
    readonly bill: Bill | null;
    readonly monthlyLimit: number | null;
  }>;
}

export function costsOf(deps: CostDeps): Costs {
  const { store, settings, location, watchEveryMs, edgeProbeMs, nowMs } = deps;
  return {
    async estimate() {
      const monthlyLimit = settings.monthlyLimit ?? null;
      const measured = await measure(store, nowMs());
      if (measured === undefined) return { measured: null, bill: null, monthlyLimit };
      const bucket =
        location.kind === 's3'
          ? await readBucket(location, nowMs() - measured.days * DAY_MS)
          : undefined;
      const usage = monthlyUsage(measured, { ...settings, watchEveryMs, edgeProbeMs }, bucket);
      return { measured, bill: estimate(usage, settings.prices), monthlyLimit };
    },
  };
}

/** As the manifests tell, one read each. */
async function readBucket(location: StoreLocation, since: number): Promise<BucketUse> {
  const objects = openObjectStore(location);
  const use = { bytes: 0, objects: 0, written: 0 };
  for (const { schemaHash, day } of await listPartitions(objects)) {
    const manifest = await readManifest(objects, schemaHash, day);
    if (manifest === undefined) continue;
    use.bytes += manifest.parts.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    use.objects += manifest.parts.length + 1;
    if (manifest.builtAt >= since) use.written += manifest.parts.length + 1;
  }
  return use;
}
