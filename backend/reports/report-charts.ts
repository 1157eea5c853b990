import { DAY_MS } from '../../shared/domain/utc-day.ts';
import { colourOf, MOST_COLOURS } from './chart.ts';
import { dailyChart } from './daily-chart.ts';
import { escapeHtml } from './html.ts';
import { intervalChart } from './interval-chart.ts';
import { boundsOfMonth } from './months.ts';
import { moment, type Section } from './report-sections.ts';
import type { MonthlyReport } from './report-shape.ts';
import { timelineChart, type Lane } from './timeline-chart.ts';

/** The charts of a section, as HTML; '' where it has none. */
export function chartsOf(id: Section['id'], report: MonthlyReport): string {
  switch (id) {
    case 'versions':
      return versionCharts(report);
    case 'champions':
      return figure('Champion by day', (title) =>
        timelineChart(title, boundsOfMonth(report.month), championLanes(report)),
      );
    case 'alerts':
      return figure('Open alerts by day', (title) =>
        timelineChart(title, boundsOfMonth(report.month), alertLanes(report)),
      );
    case 'rollouts':
    case 'experiments':
    case 'training':
    case 'evaluations':
    case 'metric-weights':
      return '';
    default:
      return id satisfies never;
  }
}

function figure(title: string, draw: (title: string) => string): string {
  const drawn = draw(title);
  return drawn === ''
    ? ''
    : `<figure><figcaption>${escapeHtml(title)}</figcaption>${drawn}</figure>`;
}

/** Days with fewer rankings are not drawn: their rates are mostly chance. */
const LEAST_RANKINGS = 20;

function versionCharts({ month, versions }: MonthlyReport): string {
  const { from, to } = boundsOfMonth(month);
  const shown = versions.slice(0, MOST_COLOURS);
  const rates = (of: 'clickThrough' | 'bookings') =>
    shown.map((row, place) => ({ name: row.version, rate: row[of], place }));
  const daily = shown.map(({ version, days }, place) => ({
    name: version,
    place,
    points: days
      .filter(({ rankings }) => rankings >= LEAST_RANKINGS)
      .map(({ day, rankings, clicked }) => ({
        day: Number(day.slice(8)),
        share: clicked / rankings,
      })),
  }));
  return [
    figure('Click-through, with 95 % intervals', (title) =>
      intervalChart(title, rates('clickThrough')),
    ),
    figure('Bookings per ranking, with 95 % intervals', (title) =>
      intervalChart(title, rates('bookings')),
    ),
    figure('Click-through by day', (title) =>
      dailyChart(title, Math.round((to - from) / DAY_MS), daily),
    ),
  ].join('');
}

/** One lane per version, in the order in which they first became champion. */
function championLanes({ live, versions }: MonthlyReport): Lane[] {
  const placeOf = (version: string) => versions.findIndex((row) => row.version === version);
  return [...new Set(live.map(({ version }) => version))].map((version) => ({
    name: version,
    spans: live
      .filter((span) => span.version === version)
      .map(({ from, to }) => ({
        from,
        to,
        colour: placeOf(version) < 0 ? 'other' : colourOf(placeOf(version)),
        title: `${version}: ${moment(from)} to ${moment(to)}`,
      })),
  }));
}

function alertLanes({ alerts, to: end }: MonthlyReport): Lane[] {
  return [...new Set(alerts.map(({ kind }) => kind))].map((kind) => ({
    name: kind,
    spans: alerts
      .filter((alert) => alert.kind === kind)
      .map(({ openedAt, resolvedAt, message }) => ({
        from: openedAt,
        to: resolvedAt ?? end,
        colour: 'alert',
        title: `${moment(openedAt)} to ${resolvedAt === null ? 'now' : moment(resolvedAt)}: ${message}`,
      })),
  }));
}
