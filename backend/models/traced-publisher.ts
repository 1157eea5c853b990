import type { Tracing } from '../process/tracing.ts';
import type { Publisher } from './publisher.ts';

/** Tells of each publication, whatever asked for it. */
export const tracedPublisher = (publisher: Publisher, tracing: Tracing): Publisher => ({
  ...publisher,
  publishVersion: (version) =>
    tracing.always('publish version', (span) => {
      span?.set({ 'trimtab.weights': version });
      return publisher.publishVersion(version);
    }),
  writePointer: (text, withinMs) =>
    tracing.always('publish pointer', () => publisher.writePointer(text, withinMs)),
  publishSnapshot: (hash, bytes, nowMs, emptied) =>
    tracing.always('publish snapshot', (span) => {
      span?.set({ 'trimtab.bytes': bytes.length });
      return publisher.publishSnapshot(hash, bytes, nowMs, emptied);
    }),
  publishPatch: (live, to, patch, nowMs) =>
    tracing.always('publish patch', (span) => {
      span?.set({ 'trimtab.bytes': patch.bytes.length });
      return publisher.publishPatch(live, to, patch, nowMs);
    }),
  publishLearned: (hash, bytes, nowMs) =>
    tracing.always('publish learned columns', (span) => {
      span?.set({ 'trimtab.bytes': bytes.length });
      return publisher.publishLearned(hash, bytes, nowMs);
    }),
  publishRelated: (index, shards, nowMs, all) =>
    tracing.always('publish related items', (span) => {
      span?.set({ 'trimtab.bytes': index.bytes.length });
      return publisher.publishRelated(index, shards, nowMs, all);
    }),
});
