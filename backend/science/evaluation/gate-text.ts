import type { GateReport } from './gate-report.ts';

/** The gate's report as text: the verdict, the gain that decided, and every check with its figure and bound. */
export function gateText({ verdict, decidedBy, reason, checks }: GateReport): string {
  const rows = checks.map(({ check, outcome, figure, bound, says }) => [
    outcome,
    check,
    figure?.toFixed(4) ?? '',
    bound ?? '',
    outcome === 'passed' ? '' : says,
  ]);
  const widths = [0, 1, 2, 3].map((i) => Math.max(0, ...rows.map((row) => row[i].length)) + 2);
  return [
    `${verdict}: ${reason}`,
    ...(decidedBy === 'nothing' ? [] : [`decided by: ${decidedBy}`]),
    '',
    ...rows.map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('')
        .trimEnd(),
    ),
  ].join('\n');
}
