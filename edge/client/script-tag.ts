import { createClient } from './client.ts';
import { orderLists } from './order-lists.ts';
import type { Client, Consent } from './types.ts';

declare global {
  var trimtab: Client | undefined;
  var trimtabReady: { push(use: (client: Client) => void): unknown } | undefined;
}

/** The entry of `/client.js`: one client for the page, configured by the attributes of the script. */
const script = document.currentScript as HTMLScriptElement;
const {
  key = '',
  url = new URL(script.src).origin,
  consent,
  placement,
  timeoutMs,
} = script.dataset;

// A page that has the script twice has one client.
if (!globalThis.trimtab) {
  const client = createClient({
    url,
    key,
    placement,
    consent: consent as Consent | undefined,
    timeoutMs: timeoutMs ? +timeoutMs : undefined,
    onError: ({ code, message }) => console.warn(`trimtab: ${code}: ${message}`),
  });
  globalThis.trimtab = client;
  const waiting = globalThis.trimtabReady;
  globalThis.trimtabReady = { push: (use) => use(client) };
  if (Array.isArray(waiting)) waiting.forEach((use) => use(client));
  const start = () => {
    client.observe();
    void orderLists(client);
  };
  if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', start);
  else start();
}
