import type { Client } from '../types.ts';
import { askSatisfaction } from './ask-satisfaction.ts';
import { trackAll } from './track-all.ts';

declare global {
  var trimtabExtras: { readonly askSatisfaction: typeof askSatisfaction } | undefined;
}

// The entry of `/client.extras.js`, which may load before `/client.js` or after it.
if (!globalThis.trimtabExtras) {
  globalThis.trimtabExtras = { askSatisfaction };
  const ready = (globalThis.trimtabReady ??= [] as ((client: Client) => void)[]);
  ready.push(trackAll);
}
