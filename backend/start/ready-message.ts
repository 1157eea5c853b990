import { rankCommand } from './first-ranking.ts';
import type { Running } from './start.ts';

/**
 * Addresses, and a request to try, for a first-time user. Without the secret key: output goes into logs and onto screens, where the
 * dashboard's link is soon worth nothing.
 */
export function readyMessage(running: Running, tookMs: number): string {
  const { edgeUrl, backendUrl, dashboardUrl, keys, version, imported, example, hasShop } = running;
  const trips = version.items.toLocaleString('en');
  return `
Trimtab is ready (${(tookMs / 1000).toFixed(1)} s): ${trips} items, weights ${version.weights}${imported > 0 ? ', fresh demo catalogue' : ''}.

${
  hasShop
    ? `  Shop       ${edgeUrl}/shop
`
    : ''
}  Edge       ${edgeUrl}/v1/version
  Backend    ${backendUrl}/openapi.json
  Dashboard  ${dashboardUrl}
             opens once, within a quarter of an hour; "npx trimtab login" here prints another link

Rank:

${rankCommand(edgeUrl, keys.publishableKey, example)}

Ctrl-C stops everything; the next start continues from the same state.
`;
}
