import { cellOf } from '../cell.ts';
import { answer } from '../http/answer.ts';
import type { Isolate } from '../isolate.ts';
import type { Traffic } from './traffic.ts';

/** `GET /v1/version`: what this isolate serves, and how long ago it last confirmed that this is what is live. */
export async function handleVersion(
  request: Request,
  { weights, snapshot }: Isolate,
  ctx: ExecutionContext,
): Promise<Response> {
  const [cell, nowMs] = [cellOf(request), Date.now()];
  const [live, catalogue] = await Promise.all([
    weights.get(ctx, cell, nowMs),
    snapshot.get(ctx, cell, nowMs),
  ]);
  const problems = [live.problem, catalogue.problem].filter((problem) => problem !== undefined);
  const traffic = live.problem === undefined ? live.traffic : undefined;
  const all = [...problems, ...(traffic?.problems ?? [])];
  return answer({
    weights: live.scorer.version,
    delta: live.delta,
    name: live.scorer.name,
    kind: live.scorer.kind,
    schema: live.scorer.schema.name,
    schemaHash: live.scorer.schema.hash,
    snapshot: catalogue.snapshot?.hash ?? '',
    items: catalogue.snapshot?.rankable.table.ids.length ?? 0,
    weightsAgeMs: weights.ageMs(nowMs),
    snapshotAgeMs: snapshot.ageMs(nowMs),
    degraded: problems.length > 0,
    ...(all.length > 0 && { problems: all }),
    experiments: runningIds(traffic),
    shadow: traffic?.shadow?.version ?? null,
    pointer: live.pointer ?? null,
  });
}

/** The experiments that run here, for some requests at least. */
const runningIds = (traffic: Traffic | undefined): string[] =>
  (traffic?.running.candidates.layers ?? []).flatMap(({ experiments }) =>
    experiments.map(({ id }) => id),
  );
