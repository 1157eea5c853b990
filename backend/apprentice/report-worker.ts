import type { Span } from '../log/account/span.ts';
import { serial } from '../process/serial.ts';
import { serve } from '../process/serve.ts';
import { workerDatabase } from '../store/worker-database.ts';
import { compareOrders, type OrderComparison } from './compare-orders.ts';
import { readKept, type KeptCounts } from './read-kept.ts';
import { apprenticeFigures, type ApprenticeFigures } from './report.ts';

const db = workerDatabase();
const inTurn = serial();

const exposed = {
  figures: (
    span: Span,
    champion: string,
    placement?: string,
  ): Promise<ApprenticeFigures & { readonly rankings: KeptCounts }> =>
    inTurn(async () => {
      const { slates, ...rankings } = await readKept(db, span, placement);
      return { ...apprenticeFigures(slates, champion), rankings };
    }),

  compare: (change: number, share: number): Promise<OrderComparison> =>
    inTurn(() => compareOrders(db, { change, share })),
};

export type ReportWorker = typeof exposed;
serve(exposed);
