import { createClient } from './client.ts';
import { orderLists } from './order-lists.ts';
import type { Use } from './page-globals.ts';
import type { Consent } from './types.ts';

// The entry of `/client.js`: one client for the page, even where it has the script twice, configured by the script's attributes.
if (!globalThis.trimtab) {
  const { dataset, src } = document.currentScript as HTMLScriptElement;
  const client = createClient({
    ...dataset,
    url: dataset.url ?? new URL(src).origin,
    key: dataset.key ?? '',
    consent: dataset.consent as Consent | undefined,
    context: dataset.market ? { market: dataset.market } : {},
    timeoutMs: Number(dataset.timeoutMs) || undefined,
    trace: dataset.traceparent ? { traceparent: dataset.traceparent } : {},
    onError: (error) => console.warn('trimtab', error),
  });
  globalThis.trimtab = client;
  const waiting = (globalThis.trimtabReady ?? []) as Use[];
  globalThis.trimtabReady = { push: (use) => use(client) };
  waiting.forEach((use) => use(client));
  client.observe();
  if (document.readyState === 'loading')
    document.addEventListener('DOMContentLoaded', () => orderLists(client));
  else orderLists(client);
}
