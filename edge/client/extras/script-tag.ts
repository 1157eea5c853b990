import type { Use } from '../page-globals.ts';
import { askSatisfaction } from './ask-satisfaction.ts';
import { trackAll } from './track-all.ts';

// The entry of `/client.extras.js`, which may load before `/client.js` or after it.
if (!globalThis.trimtabExtras) {
  globalThis.trimtabExtras = { askSatisfaction };
  const ready = (globalThis.trimtabReady ??= [] as Use[]);
  ready.push(trackAll);
}
