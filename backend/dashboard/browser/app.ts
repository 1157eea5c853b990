import type { PageName } from '../pages.ts';
import type { Topic } from '../changes.ts';
import { page as shownPage } from './api.ts';
import { notice, unfold, type Section } from './dom.ts';
import { listen } from './live.ts';
import type { Page } from './pages/page.ts';
import { offerSearch } from './search.ts';
import { showSections, tellTimes } from './show.ts';
import { offerThemes } from './theme.ts';

/** Each with the script of its own, which is loaded where the page is shown. */
const PAGES: Readonly<Record<PageName, () => Promise<Page>>> = {
  now: async () => (await import('./pages/now.ts')).nowPage,
  ranking: async () => (await import('./pages/ranking.ts')).rankingPage,
  weights: async () => (await import('./pages/weights.ts')).weightsPage,
  training: async () => (await import('./pages/training.ts')).trainingPage,
  experiments: async () => (await import('./pages/experiments.ts')).experimentsPage,
  'metric-weights': async () => (await import('./pages/metric-weights.ts')).metricWeightsPage,
  business: async () => (await import('./pages/business.ts')).businessPage,
  catalogue: async () => (await import('./pages/catalogue.ts')).cataloguePage,
  'slate-rules': async () => (await import('./pages/slate-rules.ts')).slateRulesPage,
  objectives: async () => (await import('./pages/objectives.ts')).objectivesPage,
  audit: async () => (await import('./pages/audit.ts')).auditPage,
  alerts: async () => (await import('./pages/alerts.ts')).alertsPage,
};

const page = await PAGES[shownPage as PageName]();
const state = document.getElementById('live')!;
const problem = document.getElementById('problem')!;
/** Batches come every second or two: more often than this nobody can read. */
const LEAST_MS = 2500;
const TICK_MS = 10_000;

let isLive = false;
let loading: Promise<void> | undefined;
let isStale = false;
let lastAt = 0;

async function load(): Promise<void> {
  try {
    const sections: readonly Section[] = await page.load();
    showSections(sections);
    problem.replaceChildren();
    // A link to a chart or section: it exists only now.
    if (lastAt === 0 && location.hash.length > 1)
      unfold(decodeURIComponent(location.hash.slice(1)))?.scrollIntoView();
    lastAt = Date.now();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    problem.replaceChildren(notice('bad', `This page could not be read: ${reason}`));
  }
  tellState();
}

/** One reading at a time; what changes meanwhile is read after it. */
function refresh(): void {
  if (loading !== undefined) {
    isStale = true;
    return;
  }
  loading = load().finally(() => {
    loading = undefined;
    if (!isStale) return;
    isStale = false;
    setTimeout(refresh, LEAST_MS);
  });
}

function tellState(): void {
  state.classList.toggle('on', isLive);
  const words = lastAt === 0 ? 'Loading …' : isLive ? 'Live' : 'Not connected, trying again …';
  if (state.textContent !== words) state.textContent = words;
}

let due: number | undefined;
function changed(topics: readonly Topic[] | 'all'): void {
  if (topics !== 'all' && !topics.some((topic) => page.topics.includes(topic))) return;
  if (document.hidden) {
    isStale = true;
    return;
  }
  due ??= window.setTimeout(
    () => {
      due = undefined;
      refresh();
    },
    Math.max(0, LEAST_MS - (Date.now() - lastAt)),
  );
}

document.addEventListener('visibilitychange', () => {
  if (!document.hidden && isStale) {
    isStale = false;
    refresh();
  }
});
addEventListener('popstate', refresh);
addEventListener('trimtab:refresh', refresh);
setInterval(tellTimes, TICK_MS);
if (page.everyMs !== undefined)
  setInterval(() => {
    if (!document.hidden) refresh();
  }, page.everyMs);
document
  .querySelector('nav [aria-current]')
  ?.scrollIntoView({ block: 'nearest', inline: 'center' });
offerThemes();
offerSearch();
listen(changed, (isOpen) => {
  isLive = isOpen;
  tellState();
});
refresh();
