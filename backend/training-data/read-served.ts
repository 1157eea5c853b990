import type { LoggedSlate } from './logged-slate.ts';
import type { ObjectStore } from './object-store.ts';
import { readPart } from './part-file.ts';
import { readPartBytes, type Manifest } from './partition.ts';
import { DAY_MS, startOfDay } from './utc-day.ts';

/** More rankings say little more of a version, and each is held whole. */
const MOST = 50_000;

/** What one version served within a span (epoch ms, inclusive): the newest days first, at most 50,000 rankings, in no order. */
export async function readServed(
  objects: ObjectStore,
  manifests: readonly Manifest[],
  { version, from, to }: { version: string; from: number; to: number },
): Promise<LoggedSlate[]> {
  const slates: LoggedSlate[] = [];
  for (const { day, parts } of manifests.toReversed()) {
    if (slates.length >= MOST || startOfDay(day) + DAY_MS <= from) break;
    for (const part of parts) {
      for await (const slate of readPart(await readPartBytes(objects, part)))
        if (slate.weights === version && slate.at >= from && slate.at <= to) slates.push(slate);
    }
  }
  return slates.slice(0, MOST);
}
