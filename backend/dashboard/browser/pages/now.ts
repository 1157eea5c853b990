import { api, json } from '../api.ts';
import { chart } from '../chart.ts';
import {
  badge,
  code,
  empty,
  fold,
  h,
  mono,
  muted,
  notice,
  table,
  tiles,
  when,
  type Section,
  type Tile,
} from '../dom.ts';
import { EVERYWHERE } from '../../../../shared/domain/apprentice.ts';
import { duration, figure, percent, short, trainingDataNote, whole } from '../format.ts';
import type { LiveWeights, Status } from '../../../http/answers.ts';
import type { Page } from './page.ts';

type Now = Awaited<ReturnType<typeof readNow>>;
const readNow = async () => json(api.now.$get({ query: { minutes: '60' } }));
type Latency = Awaited<ReturnType<typeof readLatency>>;
const readLatency = async () => json(api.latency.$get({ query: {} }));

export const nowPage: Page = {
  topics: ['traffic', 'live', 'rollouts', 'runs', 'alerts'],
  everyMs: 15_000,
  async load() {
    const [status, now, latency] = await Promise.all([
      json(api.status.$get()),
      readNow(),
      readLatency(),
    ]);
    return [
      liveSection(status),
      figuresSection(status, now),
      trafficSection(now),
      ingestSection(now),
      latencySection(latency),
      probeSection(now),
      servedSection(now, status),
      storedSection(status),
    ];
  },
};

function liveSection({ weights, problems, alerts }: Status): Section {
  return {
    id: 'live',
    wide: true,
    content: [
      ...(weights === null
        ? [empty('No weights are live yet.', 'They are published as soon as the edge answers.')]
        : championOf(weights, problems.length === 0)),
      ...problems.map((problem) => notice('bad', problem)),
      ...alerts
        .slice(0, 3)
        .map(({ kind, message }) =>
          notice('warn', h('a', { href: '/dashboard/alerts' }, kind), `: ${message}`),
        ),
    ],
  };
}

function championOf(live: LiveWeights, isConfirmed: boolean) {
  const { version, name, schemaName, since, hold, by, belowMinimums, pointer } = live;
  return [
    h(
      'div',
      { class: 'champion' },
      h('a', { class: 'version', href: `/dashboard/weights?version=${version}` }, version),
      h('span', { class: 'name' }, name ?? 'not stored here'),
      isConfirmed ? badge('live at the edge', 'good') : badge('edge not confirmed', 'bad'),
      hold && badge('held', 'warn'),
    ),
    muted('since ', when(since), ` by ${by ?? 'hand'}, schema ${schemaName ?? 'unknown'}`),
    belowMinimums === null || belowMinimums.length > 0
      ? notice('warn', trainingDataNote(belowMinimums))
      : undefined,
    ...Object.entries(pointer.apprentice ?? {})
      .filter(([, { share }]) => share < 1)
      .map(([placement, { share }]) =>
        notice(
          'warn',
          placement === EVERYWHERE
            ? 'The site keeps its own order'
            : `At ${placement} the site keeps its own order`,
          share === 0 ? '' : ` but for ${percent(share)} of the sessions`,
          ', and Trimtab learns from it: ',
          code('npx trimtab apprentice status'),
          ' says how often both agree.',
        ),
      ),
    hold &&
      notice(
        'warn',
        'Nothing else goes live until the hold is released, on ',
        h('a', { href: '/dashboard/weights' }, 'Weights'),
        '. Training goes on and stores what it learns.',
      ),
  ];
}

/** Nearest rank. */
export function quantile(sorted: readonly number[], q: number): number | undefined {
  return sorted.length === 0
    ? undefined
    : sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(q * sorted.length) - 1))];
}

function figuresSection({ ingest }: Status, { traffic, latency, probes }: Now): Section {
  const { spans, spanMs } = traffic;
  // The last two spans still grow by what is on its way.
  const lately = spans.slice(-7, -2);
  const sum = (of: (span: Now['traffic']['spans'][number]) => number, list = spans) =>
    list.reduce((total, span) => total + of(span), 0);
  const rate = sum(({ rankings }) => rankings, lately) / ((lately.length * spanMs) / 1000);
  const rankings = sum((span) => span.rankings);
  const degraded = sum((span) => span.degraded);
  const events = sum((span) => span.events);
  const refused = sum((span) => span.refused);
  const lost = sum((span) => span.lost);
  const took = probes
    .filter(({ problem }) => problem === undefined)
    .map(({ tookMs }) => tookMs)
    .toSorted((a, b) => a - b);
  const failed = probes.length - took.length;
  const ms = (q: number) => {
    const at = quantile(took, q);
    return at === undefined ? '–' : `${figure(at)} ms`;
  };
  const share = (part: number, of: number) => (of === 0 ? '–' : percent(part / of, 2));
  const list: Tile[] = [
    {
      label: 'Rankings a second',
      value: figure(rate),
      remark: `${whole(rankings)} in the last hour`,
    },
    {
      label: 'Visitors wait, p50',
      value: waitOf(latency.p50),
      remark:
        latency.timings === 0
          ? 'no page has timed a ranking'
          : `p95 ${waitOf(latency.p95)} · p99 ${waitOf(latency.p99)}`,
    },
    {
      label: 'Given up',
      value: share(latency.late, latency.timings),
      remark: `${whole(latency.late)} of ${whole(latency.timings)} rankings came too late for their page`,
      ...(latency.late > 0 && { tone: 'warn' as const }),
    },
    {
      label: 'Probe, p50',
      value: ms(0.5),
      remark: `p95 ${ms(0.95)} · p99 ${ms(0.99)}`,
    },
    {
      label: 'Probe, errors',
      value: share(failed, probes.length),
      remark: `${whole(failed)} of ${whole(probes.length)}`,
      ...(failed > 0 && { tone: 'bad' as const }),
    },
    cacheTile(probes),
    {
      label: 'Degraded',
      value: share(degraded, rankings),
      remark: 'ranked without live weights or catalogue',
      ...(degraded > 0 && { tone: 'warn' as const }),
    },
    {
      label: 'Lost decisions',
      value: whole(lost),
      remark: 'answered, and could not be logged',
      ...(lost > 0 && { tone: 'bad' as const }),
    },
    {
      label: 'Feedback refused',
      value: share(refused, events),
      remark: `${whole(refused)} of ${whole(events)} do not count`,
    },
    {
      label: 'Ingest lag',
      value: ingest.lagMs === null ? '–' : duration(ingest.lagMs),
      remark:
        ingest.lastBatchAt === null
          ? 'nothing since the start'
          : h('span', {}, 'last batch ', when(ingest.lastBatchAt)),
    },
  ];
  return { id: 'figures', title: 'The last hour', wide: true, content: [tiles(list)] };
}

/** Of the isolate that was met last: each has a memory of its own. */
function cacheTile(probes: Now['probes']): Tile {
  const cache = probes.findLast((probe) => probe.cache !== undefined)?.cache;
  const of = cache === undefined ? 0 : cache.hits + cache.misses;
  return {
    label: 'Cache hits',
    value: of === 0 ? '–' : percent(cache!.hits / of, 1),
    remark:
      of === 0
        ? 'no isolate that the probe met has ranked the catalogue'
        : `of ${whole(of)} rankings of the isolate that the probe met last`,
  };
}

const waitOf = (ms: number | null) => (ms === null ? '–' : `${figure(ms)} ms`);

const CURL = 'The curl line that "npm start" prints makes the first one.';

function trafficSection({ traffic: { spans, spanMs } }: Now): Section {
  const at = spans.map((span) => span.at);
  const none = spans.every(({ rankings, events }) => rankings === 0 && events === 0);
  const perSecond = (n: number) => (none ? null : n / (spanMs / 1000));
  return {
    id: 'traffic',
    title: 'Traffic',
    content: [
      chart({
        id: 'rankings-per-second',
        title: 'Rankings and feedback a second',
        x: { kind: 'time', values: at },
        series: [
          { label: 'rankings', values: spans.map(({ rankings }) => perSecond(rankings)) },
          { label: 'feedback', values: spans.map(({ events }) => perSecond(events)) },
        ],
        format: figure,
        fromZero: true,
        otherwise: ['No ranking was logged in the last hour.', CURL],
      }),
    ],
  };
}

function ingestSection({ traffic: { spans } }: Now): Section {
  return {
    id: 'ingest',
    title: 'Ingest',
    content: [
      chart({
        id: 'ingest-lag',
        title: 'Ingest lag, median by minute',
        says: 'From the newest entry of a batch at the edge to its commit here.',
        x: { kind: 'time', values: spans.map((span) => span.at) },
        series: [{ label: 'lag', values: spans.map(({ lagMs }) => lagMs), color: 2 }],
        format: (value) => (value < 1000 ? `${figure(value)} ms` : `${figure(value / 1000)} s`),
        fromZero: true,
        otherwise: ['No batch has arrived in the last hour.', CURL],
      }),
    ],
  };
}

function latencySection({ hours }: Latency): Section {
  const known = hours.some(({ timings }) => timings > 0);
  const line = (label: string, of: (hour: Latency['hours'][number]) => number | null) => ({
    label,
    values: known ? hours.map(of) : [],
  });
  return {
    id: 'latency',
    title: 'What visitors wait for',
    content: [
      chart({
        id: 'visitor-latency',
        title: 'From the request to the ranking, by hour of the last week',
        says: 'As the client timed it in pages, network included. Rankings that never came are not in it.',
        x: { kind: 'time', values: known ? hours.map(({ hour }) => hour) : [] },
        series: [
          line('p50', ({ p50 }) => p50),
          line('p95', ({ p95 }) => p95),
          line('p99', ({ p99 }) => p99),
        ],
        format: (value) => `${figure(value)} ms`,
        fromZero: true,
        otherwise: [
          'No page has timed a ranking in the last week.',
          'The client does by itself, once the visitor has agreed to be measured.',
        ],
      }),
    ],
  };
}

function probeSection({ probes }: Now): Section {
  return {
    id: 'probe',
    title: 'Answers of the edge',
    content: [
      chart({
        id: 'probe-latency',
        title: 'Round trip of the probe',
        says: 'This backend asks the edge what it serves, again and again. It ranks nothing, so it is the way to the edge and back, and not what a visitor waits for.',
        x: { kind: 'time', values: probes.map(({ at }) => at) },
        series: [
          {
            label: 'round trip',
            values: probes.map(({ tookMs, problem }) => (problem === undefined ? tookMs : null)),
            color: 3,
          },
        ],
        format: (value) => `${figure(value)} ms`,
        fromZero: true,
        otherwise: [
          'The edge was not asked yet.',
          'Once it was, its answers are here; ',
          code('monitors.edgeProbeSeconds'),
          ' says how often it is.',
        ],
      }),
      ...probes
        .filter(({ problem }) => problem !== undefined)
        .slice(-3)
        .map(({ at, problem }) => notice('bad', when(at), ` ${problem}`)),
    ],
  };
}

function servedSection({ traffic: { served, refusals } }: Now, { weights }: Status): Section {
  const content =
    served.length === 0
      ? [empty('No edge has ranked in the last hour.', CURL)]
      : [
          muted(
            'By what edges logged with their rankings: the version they served, and the revision of the pointer they went by.',
          ),
          table(
            'Edges by version',
            [
              { label: 'Version' },
              { label: 'Pointer', number: true },
              { label: 'Rankings', number: true },
              { label: 'Last' },
            ],
            served.map(({ version, revision, rankings, lastAt }) => [
              h(
                'span',
                {},
                mono(version),
                ' ',
                version === weights?.version && badge('champion', 'good'),
              ),
              revision === null ? '–' : `r${revision}`,
              whole(rankings),
              when(lastAt),
            ]),
          ),
        ];
  return {
    id: 'served',
    title: 'Edges by version',
    content: [
      ...content,
      refusals.length > 0 &&
        fold(
          'refusals',
          'Feedback that does not count, by reason',
          table(
            'Feedback that does not count',
            [{ label: 'Reason' }, { label: 'Events', number: true }],
            refusals.map(({ why, events }) => [why, whole(events)]),
          ),
        ),
    ],
  };
}

function storedSection(status: Status): Section {
  const { snapshot, counts, training, learning, learningWaits } = status;
  const nextTraining =
    training.running !== null
      ? 'running'
      : training.nextAt === null
        ? 'by hand'
        : `in ${duration(Math.max(0, training.nextAt - Date.now()))}`;
  const list: Tile[] = [
    {
      label: 'Items at the edge',
      value: whole(snapshot?.items),
      remark: snapshot === null ? 'no snapshot yet' : `${whole(counts.items)} stored`,
    },
    {
      label: 'Snapshot',
      value: snapshot === null ? '–' : mono(short(snapshot.hash)),
      remark: snapshot !== null && h('span', {}, 'published ', when(snapshot.since)),
    },
    {
      label: 'Rankings',
      value: whole(counts.decisions),
      remark: `${whole(counts.events)} feedback events`,
    },
    ...learning.map(({ arm, rankings, stopped }) => ({
      label: arm === 'champion' ? 'Learned since' : `Learned by ${arm}`,
      value: whole(rankings),
      remark: stopped === null ? 'rankings, as people click' : `stopped: ${stopped}`,
    })),
    ...learningWaits.map(({ arm, rewarded, minimum }) => ({
      label: arm === 'champion' ? 'Learned since' : `Learned by ${arm}`,
      value: 'nothing yet',
      remark: `${whole(rewarded)} of ${whole(minimum)} rankings with a reward`,
    })),
    {
      label: 'Next training',
      value: nextTraining,
      remark: `${whole(counts.weights)} ${counts.weights === 1 ? 'version' : 'versions'} so far`,
    },
  ];
  return { id: 'stored', title: 'Stored', content: [tiles(list)] };
}
