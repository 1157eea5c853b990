import { identityKey } from '../../../shared/domain/identity.ts';
import { parseRankingId, RULES_VERSION } from '../../../shared/domain/ids.ts';
import { parseRankRequest } from '../../../shared/domain/rank-request.ts';
import { signToken } from '../../../shared/domain/token.ts';
import { catalogueTable } from '../../../shared/features/catalogue-table.ts';
import { requestInMarket } from '../../../shared/features/in-market.ts';
import { smarttrip } from '../../../shared/features/smarttrip.ts';
import { decisionsToBytes } from '../../../shared/format/decision-bytes.ts';
import { rankSlate } from '../../../shared/score/rank.ts';
import { rankable } from '../../../shared/score/rankable.ts';
import { additiveFromPoints } from '../../../shared/score/scorer.ts';
import { demoCatalogue } from '../../../backend/catalogue/demo.ts';
import { parseItem } from '../../../shared/domain/item.ts';

/**
 * Run by newest.test.ts in a process of its own, whose engine says when it throws code away: ranks, so that code is compiled, and then
 * has all collected that nobody holds, some times in turn.
 */
const RANKINGS = 4000;
const COLLECTIONS = 6;
const collect = (globalThis as { gc?: () => void }).gc!;

const nowMs = Date.UTC(2026, 4, 1);
const items = demoCatalogue(500, 7, nowMs).map(parseItem);
const scorer = additiveFromPoints(smarttrip, smarttrip.rules, {
  version: RULES_VERSION,
  name: 'rules',
});
const table = rankable(catalogueTable(smarttrip, items));
const key = identityKey('secret of identities');
const themes = ['culture', 'adventure', 'family'];

function rankOnce(i: number): number {
  const body = JSON.parse(
    `{"sessionId":"s${i}","preferences":{"theme":"${themes[i % 3]}","budget":${500 + (i % 900)}},"limit":20}`,
  );
  const asked = parseRankRequest(body, 'personalise', nowMs);
  const request = requestInMarket(asked, smarttrip, undefined);
  const { exploration } = scorer;
  const slate = rankSlate(scorer, table, request, { limit: 20, seed: i, nowMs, exploration });
  const rankingId = parseRankingId(`00000000-0000-4000-8000-${String(i).padStart(12, '0')}`);
  const logged = { sessionId: key.sessionId(asked.sessionId!) };
  const snapshot = '0123456789abcdef0123456789abcdef';
  const { placement, consent } = request;
  const token = signToken(
    { rankingId, placement, weights: RULES_VERSION, snapshot, expiresAt: nowMs, ...logged },
    slate.ids,
    'secret of tokens',
  );
  const bytes = decisionsToBytes([
    {
      rankingId,
      at: nowMs,
      context: { placement, consent },
      weights: RULES_VERSION,
      delta: 0,
      schemaHash: smarttrip.hash,
      snapshot,
      degraded: false,
      seed: i,
      exploration,
      limit: 20,
      itemIds: slate.ids,
      units: slate.units,
      propensities: slate.propensities,
      codes: slate.codes,
      request: '{}',
      ...logged,
    },
  ]);
  return token.length + bytes.length;
}

let sum = 0;
for (let round = 0; round < COLLECTIONS; round++) {
  for (let i = 0; i < RANKINGS; i++) sum += rankOnce(i);
  // What is compiled beside the main thread comes in at its next turn.
  await new Promise((resolve) => setImmediate(resolve));
  console.log('### collecting');
  collect();
  console.log('### collected');
}
console.log(`ranked ${sum > 0}`);
