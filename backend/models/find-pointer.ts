import { RULES_VERSION } from '../../shared/domain/ids.ts';
import { parsePointer } from '../../shared/domain/pointer.ts';
import { recordAudit, recordLive } from './live-pointer.ts';
import type { Publisher } from './publisher.ts';
import type { Store } from '../store/open.ts';
import { versionsOf } from './versions-of.ts';
import type { Versions } from './versions.ts';

/**
 * KV has a pointer, but the store has no record of one: it is new, or was lost. What is live stays live, and
 * its scorer is read back from KV, so that its version is not given to another one.
 */
export async function findPointer(deps: {
  store: Store;
  publisher: Publisher;
  versions: Versions;
  nowMs: () => number;
}): Promise<void> {
  const { store, publisher, versions, nowMs } = deps;
  const text = (await publisher.readPointer()) ?? '';
  const found = parsePointer(text) ?? { champion: RULES_VERSION, hold: true };
  const problems: string[] = [];
  for (const version of versionsOf(found)) {
    try {
      await versions.load(version);
    } catch {
      const bytes = await publisher.readVersion(version);
      if (bytes === undefined) problems.push(`KV has no ${version}`);
      else
        await versions
          .adopt(bytes, { found: 'in KV' })
          .catch((error: Error) => problems.push(error.message));
    }
  }
  const pointer = problems.length > 0 ? { ...found, hold: true } : found;
  await store.write([
    recordLive(store, { pointer, text, since: found.at ?? nowMs() }),
    recordAudit(store, {
      at: nowMs(),
      actor: 'backend',
      action: 'pointer found',
      subject: pointer.champion,
      details: { text: text.slice(0, 500), problems },
    }),
  ]);
}
