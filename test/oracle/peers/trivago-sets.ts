import { readTrivago } from '../../../backend/replay/read-trivago.ts';
import { trivagoSchema } from '../../../backend/replay/policies.ts';
import { searchesOf, splitBySession } from '../../../backend/replay/trivago-searches.ts';
import { packTrainingSet, type TrainingSet } from '../../../backend/science/learn/training-set.ts';
import { codesOf, encodeRequest, indexRows } from '../../../shared/features/encode.ts';
import { packItems } from '../../../shared/features/columns/item-table.ts';
import { sharedFile } from '../../support/shared-data.ts';

export const TRIVAGO = 'data/trivago/sessions.csv.gz';
/** As `trimtab replay trivago` splits. */
const EARLY_SHARE = 0.6;

/** Hotel searches as the edge encodes them: the early ones, then the later ones, whole sessions on either side. */
export function readTrivagoSets(): [early: TrainingSet, late: TrainingSet] {
  const schema = trivagoSchema();
  const [early, late] = splitBySession(
    searchesOf(readTrivago(sharedFile(TRIVAGO))),
    EARLY_SHARE,
  ).map((searches) =>
    packTrainingSet(
      schema,
      searches.map(({ at, candidates, clicked, context, recent, sessionId, userId }) => {
        const table = packItems(schema.columns, candidates, true);
        const request = { context, recent, preferences: {} };
        const encoded = encodeRequest(schema, table, indexRows(table), request, at);
        return {
          at,
          sessionId: `${userId}/${sessionId}`,
          codes: codesOf(
            encoded,
            candidates.map((_, row) => row),
          ),
          reward: Float64Array.from(candidates, ({ id }) => Number(id === clicked)),
        };
      }),
    ),
  );
  return [early, late];
}
