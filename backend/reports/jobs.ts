import type { Job } from '../scheduler/scheduler.ts';
import { storeMonthlyReport, type ReportDeps } from './store-monthly-report.ts';

/** @param deps.schedule cron pattern, UTC; empty: reports are written on demand only. */
export const monthlyReportJob = (deps: ReportDeps & { readonly schedule: string }): Job => ({
  name: 'monthly report',
  schedule: deps.schedule,
  leaderOnly: true,
  run: () => storeMonthlyReport(deps),
});
