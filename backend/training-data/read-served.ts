import type { LoggedSlate } from './logged-slate.ts';
import type { ObjectStore } from './object-store.ts';
import { readPart } from './part-file.ts';
import { readPartBytes, type Manifest } from './partition.ts';

/** What one version served from a time on, newest days first until there is enough; whole slates, in no order. */
export async function readServed(
  objects: ObjectStore,
  manifests: readonly Manifest[],
  { version, from, to, most }: { version: string; from: number; to: number; most: number },
): Promise<LoggedSlate[]> {
  const slates: LoggedSlate[] = [];
  for (const { parts } of manifests.toReversed()) {
    if (slates.length >= most) break;
    for (const part of parts) {
      for await (const slate of readPart(await readPartBytes(objects, part)))
        if (slate.weights === version && slate.at >= from && slate.at <= to) slates.push(slate);
    }
  }
  return slates.slice(0, most);
}
