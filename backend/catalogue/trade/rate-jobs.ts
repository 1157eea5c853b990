import { eq } from 'drizzle-orm';
import { ApiError } from '../../../shared/domain/errors.ts';
import { dueLast } from '../../scheduler/repeat.ts';
import type { Job } from '../../scheduler/scheduler.ts';
import type { Store } from '../../store/open.ts';
import { feeds as states } from '../../store/tables.ts';
import { RATES_FEED, type ExchangeRatesService } from './exchange-rates.ts';

/** Exchange rates on their schedule, and once at the start what was due while no backend ran, or what the configuration says now. */
export function rateJobs({
  store,
  rates,
  everyMs,
  nowMs,
}: {
  readonly store: Store;
  readonly rates: ExchangeRatesService;
  readonly everyMs: number;
  readonly nowMs: () => number;
}): Job[] {
  const { settings } = rates;
  if (settings === undefined) return [];
  const read = async () => {
    try {
      await rates.read({ actor: 'backend' });
    } catch (error) {
      // Recorded and logged by then.
      if (!(error instanceof ApiError)) throw error;
    }
  };
  const isWritten = settings.perBase !== undefined;
  let isDone = false;
  return [
    ...(isWritten
      ? []
      : [{ name: RATES_FEED, schedule: settings.schedule, leaderOnly: true, run: read }]),
    {
      name: `overdue ${RATES_FEED}`,
      schedule: everyMs,
      leaderOnly: true,
      async run() {
        if (isDone) return;
        isDone = true;
        const [state] = await store.db.select().from(states).where(eq(states.name, RATES_FEED));
        const isDue =
          isWritten ||
          state === undefined ||
          state.askedAt < (dueLast(settings.schedule, nowMs()) ?? 0);
        if (isDue) await read();
      },
    },
  ];
}
