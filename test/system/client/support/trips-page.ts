import { hydrateRoot } from 'react-dom/client';
import { createClient } from '../../../../edge/client/index.ts';
import type { Ranking } from '../../../../edge/client/types.ts';
import { TripsApp } from './trips-app.ts';
import { createElement } from 'react';

declare global {
  /** What the server tells its page. */
  var site: { readonly url: string; readonly key: string; readonly initial?: Ranking };
  var mismatches: string[];
}

// Takes over in the browser what the server rendered.
const { url, key, initial } = globalThis.site;
globalThis.mismatches = [];
hydrateRoot(
  document.querySelector('#app')!,
  createElement(TripsApp, { client: createClient({ url, key }), initial }),
  { onRecoverableError: (error) => globalThis.mismatches.push(String(error)) },
);
