import type { MonthlyReport } from './report-shape.ts';
import { moment, reportSections, reportSummary, type Section } from './report-sections.ts';

/** The report as Markdown with GitHub's tables. Names that people gave are escaped, so that none is read as markup. */
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

/** Escapes every character that has a meaning in Markdown, also within a table cell. */
const escaped = (text: string): string =>
  text
    .replaceAll(/[\\`*_[\]|~!]/g, (mark) => `\\${mark}`)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    // A bare address would become a link.
    .replaceAll('://', ':\u200b//')
    .replaceAll(/\s+/g, ' ');
