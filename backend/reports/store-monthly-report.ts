import { eq } from 'drizzle-orm';
import type { Account } from '../log/account/account.ts';
import { believedTime, readLogTime } from '../log/log-time.ts';
import type { Store } from '../store/open.ts';
import { reports } from '../store/tables.ts';
import { monthBefore, type Month } from './months.ts';
import { monthlyReport } from './monthly-report.ts';
import { reportHtml } from './report-html.ts';
import { reportMarkdown } from './report-markdown.ts';
import type { MonthlyReport } from './report-shape.ts';

/** A report and its texts. */
export interface WrittenReport {
  readonly report: MonthlyReport;
  readonly markdown: string;
  readonly html: string;
}

export interface ReportDeps {
  readonly store: Store;
  readonly account: Pick<Account, 'update'>;
  readonly nowMs: () => number;
  readonly log: (message: string) => void;
}

/**
 * Writes and stores last month's report unless it is stored already; once stored it never changes, so it goes by
 * no clock that is far ahead of the log. It is called daily, so that the report is also written where no
 * backend ran on the first of the month.
 */
export async function storeMonthlyReport(deps: ReportDeps): Promise<void> {
  const { store, account, nowMs, log } = deps;
  if ((await readLogTime(store.db, nowMs())) === undefined) return;
  const month = monthBefore(await believedTime(store.db, nowMs()));
  if ((await storedReport(store, month)) !== undefined) return;
  const { report, markdown, html } = await writeReport({ store, account }, month, nowMs());
  const row = { month, report: { ...report }, markdown, html, createdAt: report.createdAt };
  const [stored] = await store.write([store.db.insert(reports).values(row).onConflictDoNothing()]);
  if (stored === 1) log(`the report of ${month} is written: "trimtab report ${month}" shows it`);
}

/** The report as it was stored; undefined where it was not written yet. */
export async function storedReport(store: Store, month: Month): Promise<WrittenReport | undefined> {
  const [row] = await store.db.select().from(reports).where(eq(reports.month, month));
  if (row === undefined) return undefined;
  const { report, markdown, html } = row;
  return { report: report as unknown as MonthlyReport, markdown, html };
}

export async function writeReport(
  { store, account }: Pick<ReportDeps, 'store' | 'account'>,
  month: Month,
  nowMs: number,
): Promise<WrittenReport> {
  await account.update();
  const report = await monthlyReport(store, month, nowMs);
  return { report, markdown: reportMarkdown(report), html: reportHtml(report) };
}
