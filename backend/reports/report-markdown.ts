import type { MonthlyReport } from './report-shape.ts';
import { moment, reportSections, reportSummary, type Section } from './report-sections.ts';

/** The report as Markdown (GitHub's tables). Nothing in it that people named is read as markup. */
export function reportMarkdown(report: MonthlyReport): string {
  return [
    `# Models in ${report.month}`,
    escaped(reportSummary(report)),
    ...reportSections(report).map(section),
    `Written ${moment(report.createdAt)}. All times are UTC.`,
  ]
    .join('\n\n')
    .concat('\n');
}

function section({ title, remark, head, rows, empty }: Section): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const table = [
    line(head.map(({ label }) => label)),
    line(head.map(({ isNumber }) => (isNumber ? '---:' : '---'))),
    ...rows.map((row) => line(row.map(escaped))),
  ].join('\n');
  return [
    `## ${title}`,
    ...(rows.length === 0 ? [empty] : [table, ...(remark ? [remark] : [])]),
  ].join('\n\n');
}

/** Every character that Markdown could take for its own, in a cell of a table too. */
const escaped = (text: string): string =>
  text
    .replaceAll(/[\\`*_[\]|~!]/g, (mark) => `\\${mark}`)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    // A bare address would become a link.
    .replaceAll('://', ':\u200b//')
    .replaceAll(/\s+/g, ' ');
