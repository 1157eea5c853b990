import { and, asc, gte, lt, sql } from 'drizzle-orm';
import type { Store } from '../store/open.ts';
import { evaluations, runs } from '../store/tables.ts';
import type { Bounds } from './bounds.ts';
import type { EvaluationLine, RunLine } from './report-shape.ts';

export async function evaluationsIn(store: Store, { from, to }: Bounds): Promise<EvaluationLine[]> {
  const rows = await store.db
    .select()
    .from(evaluations)
    .where(and(gte(evaluations.at, from), lt(evaluations.at, to)))
    .orderBy(asc(evaluations.id));
  return rows.map(({ version, against, at, report }) => {
    const { rankings, gate } = report as Pick<EvaluationLine, 'rankings' | 'gate'>;
    return { version, against, at, rankings, gate: gateLine(gate) };
  });
}

export async function runsIn(store: Store, { from, to }: Bounds): Promise<RunLine[]> {
  const rows = await store.db
    .select()
    .from(runs)
    .where(
      and(
        gte(runs.startedAt, from),
        lt(runs.startedAt, to),
        sql`json_extract(${runs.params}, '$.kind') is null`,
      ),
    )
    .orderBy(asc(runs.startedAt));
  return rows.map(({ id, status, version, error, params, progress, startedAt, finishedAt }) => {
    const { gate, outcome } = progress as Partial<Pick<RunLine, 'gate' | 'outcome'>>;
    return {
      id,
      status,
      version,
      learner: typeof params.learner === 'string' ? params.learner : null,
      startedAt,
      finishedAt,
      outcome: outcome ?? error,
      gate: gateLine(gate),
    };
  });
}

const gateLine = (gate: { verdict: string; reason: string } | null | undefined) =>
  gate ? { verdict: gate.verdict, reason: gate.reason } : null;
