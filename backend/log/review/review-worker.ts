import { serial } from '../../process/serial.ts';
import { serve } from '../../process/serve.ts';
import { workerDatabase } from '../../store/worker-database.ts';
import type { Span } from '../account/span.ts';
import { anomalies, type Anomalies } from './anomalies.ts';
import type { Schema } from '../../../shared/features/schema.ts';
import { exposure, type Exposure } from './exposure.ts';
import { spread, type Spread } from './spread.ts';
import { reviewSessions, type ReviewedSession } from './sessions.ts';

const db = workerDatabase();
const inTurn = serial();

const exposed = {
  anomalies: (span: Span, nowMs: number): Promise<Anomalies> =>
    inTurn(() => anomalies(db, span, nowMs)),
  sessions: (span: Span, which: Parameters<typeof reviewSessions>[2]): Promise<ReviewedSession[]> =>
    inTurn(() => reviewSessions(db, span, which)),
  spread: (schema: Schema, span: Span, nowMs: number): Promise<Spread> =>
    inTurn(() => spread(db, schema, span, nowMs)),
  exposure: (schema: Schema, span: Span, nowMs: number, attribute: string): Promise<Exposure> =>
    inTurn(() => exposure(db, schema, span, nowMs, attribute)),
};

export type ReviewWorker = typeof exposed;
serve(exposed);
