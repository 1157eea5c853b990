import type { ModelComparison } from './compare-models.ts';
import { comparisonSections, type Section } from './comparison-sections.ts';

/** Features whose partial dependence a terminal shows; the other forms have all. */
const FEATURES_SHOWN = 8;

/** The report for a terminal. */
export const comparisonReportText = (report: ModelComparison): string =>
  comparisonSections(report, FEATURES_SHOWN).map(plain).join('\n\n');

/** The report for a page. */
export const comparisonReportMarkdown = (report: ModelComparison): string =>
  `${comparisonSections(report).map(markdown).join('\n\n')}\n`;

function plain({ title, note, head, rows }: Section): string {
  const widths = head.map((name, i) => Math.max(name.length, ...rows.map((row) => row[i].length)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, i) => cell.padEnd(widths[i]))
      .join('  ')
      .trimEnd();
  return [title, ...(note === undefined ? [] : [note]), '', ...[head, ...rows].map(line)].join(
    '\n',
  );
}

function markdown({ title, note, head, rows }: Section): string {
  const line = (row: readonly string[]) =>
    `| ${row.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [
    `## ${title}`,
    '',
    ...(note === undefined ? [] : [note, '']),
    line(head),
    line(head.map(() => '---')),
    ...rows.map(line),
  ].join('\n');
}
