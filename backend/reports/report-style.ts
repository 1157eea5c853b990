/** Light or dark by the reader's setting; the colours of versions differ for colour-blind readers too (Okabe & Ito). */
export const REPORT_STYLE = `
:root {
  color-scheme: light dark;
  --page: light-dark(#ffffff, #14171a);
  --ink: light-dark(#1b2127, #e8e6e1);
  --muted: light-dark(#5d6771, #9aa4ad);
  --line: light-dark(#e2dfd8, #2d343b);
  --c0: light-dark(#0b6e78, #4fc3cf);
  --c1: light-dark(#c2410c, #f59e5b);
  --c2: light-dark(#5b4bb7, #a99cf5);
  --c3: light-dark(#a21c63, #f08ac0);
  --c4: light-dark(#3f7d20, #8ccf6a);
  --c5: light-dark(#8a6d00, #e3c44f);
  --bad: light-dark(#b3261e, #ff8a80);
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--page); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif;
}
main { max-width: 920px; margin: 0 auto; padding: 28px 20px 48px; }
h1 { font-size: 26px; letter-spacing: -0.01em; margin: 0 0 8px; }
h2 { font-size: 18px; margin: 40px 0 12px; padding-top: 14px; border-top: 1px solid var(--line); }
.summary { font-size: 17px; margin: 0; max-width: 46em; }
.muted, footer, figcaption { color: var(--muted); }
.muted { margin: 8px 0 0; max-width: 56em; }
footer { margin-top: 40px; font-size: 13px; }
figure { margin: 0 0 24px; }
figcaption { font-size: 13px; margin-bottom: 4px; }
.scroll { overflow-x: auto; }
table { width: 100%; border-collapse: collapse; font-size: 14px; font-variant-numeric: tabular-nums; }
th { text-align: left; font-size: 12px; font-weight: 500; color: var(--muted); padding: 0 14px 6px 0; white-space: nowrap; }
td { padding: 7px 14px 7px 0; border-top: 1px solid var(--line); vertical-align: top; overflow-wrap: break-word; max-width: 34em; }
td.number, th.number { text-align: right; }
td.number, td.moment { white-space: nowrap; }
th:last-child, td:last-child { padding-right: 0; }
.chart { display: block; width: 100%; height: auto; font: 12px system-ui, sans-serif; }
.chart text { fill: var(--muted); font-variant-numeric: tabular-nums; }
.chart .name, .chart .value { fill: var(--ink); }
.chart .name { paint-order: stroke; stroke: var(--page); stroke-width: 4px; stroke-linejoin: round; }
.chart .grid { stroke: var(--line); }
.chart .range { stroke-width: 3; stroke-linecap: round; }
.chart .line { fill: none; stroke-width: 2; stroke-linejoin: round; }
${[0, 1, 2, 3, 4, 5]
  .map(
    (i) =>
      `.chart :is(line, polyline).c${i} { stroke: var(--c${i}); } .chart :is(circle, rect, text).c${i} { fill: var(--c${i}); }`,
  )
  .join('\n')}
.chart rect.other { fill: var(--muted); }
.chart rect.alert { fill: var(--bad); }
@media (max-width: 640px) { .chart { font-size: 18px; } main { padding: 18px 14px 40px; } }
@media print { main { max-width: none; } section { break-inside: avoid; } }
`;
