import { escapeHtml } from './html.ts';
import { chartsOf } from './report-charts.ts';
import { moment, reportSections, reportSummary, type Section } from './report-sections.ts';
import type { MonthlyReport } from './report-shape.ts';
import { REPORT_STYLE } from './report-style.ts';

/** One page with its charts: it has no script, loads nothing, and all text in it is escaped. */
export function reportHtml(report: MonthlyReport): string {
  const title = `Models in ${report.month}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="content-security-policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${title}</title>
<style>${REPORT_STYLE}</style>
</head>
<body>
<main>
<h1>${title}</h1>
<p class="summary">${escapeHtml(reportSummary(report))}</p>
${reportSections(report)
  .map((section) => sectionHtml(section, chartsOf(section.id, report)))
  .join('\n')}
<footer>Written ${moment(report.createdAt)}. All times are UTC.</footer>
</main>
</body>
</html>
`;
}

const IS_MOMENT = /^\d{4}-\d\d-\d\d \d\d:\d\d$/;

function sectionHtml({ title, remark, head, rows, empty }: Section, charts: string): string {
  const kind = (i: number) => (head[i].isNumber ? ' class="number"' : '');
  const cells = (row: readonly string[]) =>
    row
      .map(
        (cell, i) =>
          `<td${IS_MOMENT.test(cell) ? ' class="moment"' : kind(i)}>${escapeHtml(cell)}</td>`,
      )
      .join('');
  const body =
    rows.length === 0
      ? `<p class="muted">${escapeHtml(empty)}</p>`
      : `${charts}<div class="scroll"><table><thead><tr>${head
          .map(({ label }, i) => `<th${kind(i)}>${escapeHtml(label)}</th>`)
          .join('')}</tr></thead><tbody>${rows
          .map((row) => `<tr>${cells(row)}</tr>`)
          .join(
            '',
          )}</tbody></table></div>${remark ? `<p class="muted">${escapeHtml(remark)}</p>` : ''}`;
  return `<section><h2>${escapeHtml(title)}</h2>${body}</section>`;
}
