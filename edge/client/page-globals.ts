import type { askSatisfaction } from './extras/ask-satisfaction.ts';
import type { Client } from './types.ts';

export type Use = (client: Client) => void;

declare global {
  /** The page's client, once `/client.js` is there. */
  var trimtab: Client | undefined;
  /** What waits for it; once it is there, what is pushed is called at once. */
  var trimtabReady: { push(use: Use): unknown } | undefined;
  /** What `/client.extras.js` brings. */
  var trimtabExtras: { readonly askSatisfaction: typeof askSatisfaction } | undefined;
}
