import { smarttrip } from '../../shared/features/smarttrip.ts';
import type { Running } from './start.ts';

/**
 * Addresses, and a request to try, for a first-time user. Without the secret key: output goes into logs and onto screens, where the
 * dashboard's link is soon worth nothing.
 */
export function readyMessage(running: Running, tookMs: number): string {
  const { edgeUrl, backendUrl, dashboardUrl, keys, version, imported } = running;
  const trips = version.items.toLocaleString('en');
  return `
Trimtab is ready (${(tookMs / 1000).toFixed(1)} s): ${trips} items, weights ${version.weights}${imported > 0 ? ', fresh demo catalogue' : ''}.

  Edge       ${edgeUrl}/v1/version
  Backend    ${backendUrl}/openapi.json
  Dashboard  ${dashboardUrl}
             opens once, within a quarter of an hour; "npx trimtab login --backend ${backendUrl}" prints another link

Rank:

  curl -s ${edgeUrl}/v1/rank \\
    -H 'authorization: Bearer ${keys.publishableKey}' \\
    -H 'content-type: application/json' \\
    -d '${version.schemaHash === smarttrip.hash ? RANK_REQUEST : PLAIN_REQUEST}'

Ctrl-C stops everything; the next start continues from the same state.
`;
}

/** Of a schema whose preferences are not known here. */
const PLAIN_REQUEST = JSON.stringify({ sessionId: 'try-1', limit: 3, explain: true });

export const RANK_REQUEST = JSON.stringify({
  sessionId: 'try-1',
  preferences: {
    themes: ['hiking', 'food'],
    difficulty: 3,
    durationDays: { min: 6, max: 10 },
    budget: 1500,
    countries: ['PT', 'IT'],
    continents: ['Europe'],
  },
  limit: 3,
  explain: true,
});
