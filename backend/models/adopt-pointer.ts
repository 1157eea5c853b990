import { RULES_VERSION } from '../../shared/domain/ids.ts';
import { parsePointer } from '../../shared/domain/pointer.ts';
import { messageOf } from '../../shared/text/message-of.ts';
import { recordAudit } from '../store/audit.ts';
import type { Store } from '../store/open.ts';
import { auditedPointer } from './audited-pointer.ts';
import { recordFoundApprentice } from './apprentice-settings.ts';
import { recordFoundRules } from './slate-rules.ts';
import { recordLive } from './live-pointer.ts';
import { recordFoundRevision } from './pointer-revisions.ts';
import type { Publisher } from './publisher.ts';
import { versionsInPointer } from './versions-in-pointer.ts';
import type { Versions } from './versions.ts';

/**
 * Takes over a pointer that KV has and the store has no record of, because the store is new or was lost. What is live
 * stays live, and its scorers are read back from KV, so that their versions are not given to other scorers. Where one
 * cannot be read back, the pointer is held.
 */
export async function adoptPointer(deps: {
  store: Store;
  publisher: Publisher;
  versions: Versions;
  nowMs: () => number;
}): Promise<void> {
  const { store, publisher, versions, nowMs } = deps;
  const text = (await publisher.readPointer()) ?? '';
  const found = parsePointer(text) ?? { champion: RULES_VERSION, hold: true };
  const problems: string[] = [];
  for (const version of versionsInPointer(found)) {
    try {
      await versions.load(version);
    } catch {
      const bytes = await publisher.readVersion(version);
      if (bytes === undefined) problems.push(`KV has no ${version}`);
      else
        await versions
          // What it learned from is not known: nothing before now may judge it.
          .adopt(bytes, { found: 'in KV', trainedUntil: nowMs() })
          .catch((error: unknown) => problems.push(messageOf(error)));
    }
  }
  const pointer = problems.length > 0 ? { ...found, hold: true } : found;
  await store.write([
    recordLive(store, { pointer, text, since: found.at ?? nowMs() }),
    ...recordFoundRevision(store, text, nowMs()),
    ...recordFoundApprentice(store, found.apprentice, nowMs()),
    ...recordFoundRules(store, found.slateRules, nowMs()),
    recordAudit(store, {
      at: nowMs(),
      actor: 'backend',
      action: 'pointer found',
      subject: pointer.champion,
      details: { ...auditedPointer(pointer, text, 500), problems },
    }),
  ]);
}
