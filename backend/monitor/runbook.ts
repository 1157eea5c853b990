import type { AlertKind } from './finding.ts';

/** What somebody who is told of an alert needs to know. docs/runbook.md is written from it, and the dashboard shows it. */
export interface RunbookEntry {
  readonly means: string;
  readonly urgency: string;
  /** Commands that change nothing. */
  readonly look: readonly string[];
  /** What to do, the likeliest cause first. Code is in backquotes. */
  readonly act: readonly string[];
}

/** What Prometheus tells, of a backend that cannot tell it itself. */
export const PROMETHEUS_KINDS = ['backend down', 'problems', 'ingest stopped'] as const;
export type RunbookKind = AlertKind | (typeof PROMETHEUS_KINDS)[number];

const NOW =
  'At once, also at night: visitors get less than they should, or something is being lost.';
const TODAY = 'Today, in working hours.';
const SOME_DAY = 'Some day: nobody is worse off meanwhile.';

const STATUS = 'npx trimtab status';
const ALERTS = 'npx trimtab alerts';
const OBJECTIVES = 'npx trimtab objectives';
const AUDIT = 'npx trimtab audit';
const QUALITY = 'npx trimtab data quality';
const ROLLOUTS = 'npx trimtab rollouts';

export const RUNBOOK: Readonly<Record<RunbookKind, RunbookEntry>> = {
  'degraded metrics': {
    means:
      'On a day that is over, people clicked, booked or were satisfied less than that weekday lets expect, or dismissed more.',
    urgency: TODAY,
    look: ['npx trimtab report', AUDIT, ROLLOUTS],
    act: [
      'Compare the day with what changed before it: a version, an experiment, the catalogue, or the page itself.',
      'Where a version went live just before: `npx trimtab rollouts withdraw v000001`, or `npx trimtab rollback v000000`.',
      'Where the page or a campaign changed: nothing, and acknowledge the alert. It closes once the day is part of what is usual.',
    ],
  },
  drift: {
    means: 'Requests or the catalogue are not what the champion learned from.',
    urgency: `${TODAY} A training has been started by itself.`,
    look: ['npx trimtab runs', ROLLOUTS],
    act: [
      'See by the message which field or feature it is. A field that is missing all at once is a fault of the page or of the import: mend that.',
      'Else let the training that was started go through its rollout.',
    ],
  },
  'data quality': {
    means:
      'The log of yesterday fails the checks that training asks for, so that nothing is trained on it.',
    urgency: TODAY,
    look: [QUALITY],
    act: [
      'Read which check failed: too many events without their ranking are a page that sends old tokens; too many bots are a crawler to keep out.',
      'What was logged stays; a day that is mended needs nothing more.',
    ],
  },
  'unseen values': {
    means: 'A theme, region or type that the catalogue has was not shown in a week.',
    urgency: SOME_DAY,
    look: [QUALITY],
    act: [
      'Check whether a filter of the page hides these items, or whether their attributes are wrong.',
      'Where they are just ranked low, explore more: `exploration` in the schema, which `npx trimtab schema apply` puts in force.',
    ],
  },
  'sample ratio mismatch': {
    means:
      'The arms of an experiment or canary have not the sizes that were asked for, so that their comparison is worth nothing.',
    urgency: TODAY,
    look: ['npx trimtab experiments', ROLLOUTS],
    act: [
      'Stop what is named: its results cannot be repaired.',
      'Look for what sorts visitors: a redirect, a cache in front of one arm, a page that gives each visit a new session id.',
    ],
  },
  'stale data': {
    means:
      'Rankings, feedback, training, metric weights, the catalogue or its snapshot were not renewed for too long.',
    urgency: 'At once where rankings or feedback are named; else today.',
    look: [STATUS, 'npx trimtab feeds', 'npx trimtab runs'],
    act: [
      'No rankings: see whether the page still asks (its network tab), and whether its key is still one of the edge.',
      'No feedback: see whether visitors consent, and whether the page still has the client.',
      'No training or catalogue: the log of the backend says why the job failed.',
    ],
  },
  'catalogue feed': {
    means: 'A feed of the catalogue was refused, whole; the catalogue is as it was.',
    urgency: TODAY,
    look: ['npx trimtab feeds'],
    act: [
      'Mend what the message names at the feed, and read it again: `npx trimtab feeds read <name>`.',
      'Where it rightly lost over half of its items, raise `catalogue.feedLimits` for that reading.',
    ],
  },
  'exchange rates': {
    means:
      'Exchange rates were refused, are old, or lack the currency of a market; prices are compared by those that were taken last.',
    urgency: TODAY,
    look: ['npx trimtab markets'],
    act: [
      'Mend what the message names at their source, and read them again: `npx trimtab markets read`.',
      'Where a currency really moved so far: `npx trimtab markets read --any-change`.',
    ],
  },
  'ingest lag': {
    means:
      'What the edge logs takes over 5 minutes to be in the database. Nothing is lost; the edge keeps it.',
    urgency: NOW,
    look: [STATUS, OBJECTIVES],
    act: [
      'See `trimtab_ingest_busy_total`: where it rises, the database does not keep up. End what holds it (a backup, another program, a full disk), or give it a faster disk.',
      'Else the way from the edge is slow: see the log of what ends https before the backend.',
      'For how long it may stay so, and what is shed when, is in [Sizing](sizing.md).',
    ],
  },
  'old edges': {
    means: 'Edges rank by a version that the pointer has not named for over 5 minutes.',
    urgency: 'At once after a rollback; else today.',
    look: [STATUS, AUDIT, OBJECTIVES],
    act: [
      'Where KV is disturbed (the status page of Cloudflare says so), wait; isolates follow once it answers.',
      'Where one location alone is old, deploy the edge again: `npm run deploy -- --code-only`. New isolates read the pointer anew.',
    ],
  },
  'degraded rankings': {
    means:
      'Rankings lacked live weights or catalogue: the edge ranked by the last that it knew, or by the rules.',
    urgency: NOW,
    look: [STATUS],
    act: [
      '`/v1/version` of the edge, with a secret key, says what is missing and why.',
      'Where KV lost something, the backend publishes it again by itself within seconds of noticing; `/health/ready` names what is left.',
      'Where Durable Objects or KV are disturbed, wait: visitors have rankings meanwhile.',
    ],
  },
  'lost decisions': {
    means: 'The edge answered rankings that it could not log: feedback on them joins nothing.',
    urgency: NOW,
    look: [QUALITY],
    act: [
      'The log of the Worker says why (`npx wrangler tail`). On a workerd of your own it is most often a full disk: free some.',
      'At Cloudflare, see whether its Durable Objects are disturbed, and whether the account is over a limit.',
    ],
  },
  latency: {
    means:
      'Visitors wait for rankings: the p95 is over a second or twice what was usual, or pages gave up.',
    urgency: NOW,
    look: [STATUS, OBJECTIVES],
    act: [
      'Compare with the probe on the page _Now_: where it is quick, the way of the visitors is slow, such as a large page or a far placement of the Worker.',
      'Where it is slow too, see what changed: `npx trimtab audit`. A larger catalogue, a forest, or more exploration take more time.',
      'A slow version is taken back by `npx trimtab rollback v000000`.',
    ],
  },
  'edge errors': {
    means: 'The edge does not answer this backend, or answers by errors.',
    urgency: NOW,
    look: [STATUS],
    act: [
      'Ask `/v1/health` of the edge from elsewhere: where it answers there, the network of the backend is at fault.',
      '401: the key of the backend is not one of the edge; [Rotating](../SECURITY.md#rotating) says which goes first.',
      'After a deployment: `npx wrangler rollback --name trimtab`.',
    ],
  },
  'refused feedback': {
    means:
      'Over half of the last hour’s feedback does not count: it is doubled, late, of bots, or of nothing that was shown.',
    urgency: TODAY,
    look: [QUALITY],
    act: [
      'The page _Now_ has the reasons. Doubled: the page sends twice. Late: it keeps tokens for too long.',
      'Bots: keep them out in front of the edge. They are not learned from either way.',
    ],
  },
  clock: {
    means:
      'This machine’s clock and the log differ by days. Nothing is deleted or closed by age meanwhile.',
    urgency: TODAY,
    look: [ALERTS],
    act: [
      'Put the clock right (`timedatectl` says what it is set by).',
      'Where nothing was ranked for a week and more, wait for entries on three days.',
    ],
  },
  'rollout stands still': {
    means: 'A rollout waits for something that only an operator can decide.',
    urgency: TODAY,
    look: [ROLLOUTS],
    act: [
      'The message names what it waits for. A hold: `npx trimtab release`.',
      'Where it is not wanted any more: `npx trimtab rollouts withdraw v000001`.',
    ],
  },
  'placement left': {
    means:
      'A placement got a lineage of its own while an experiment of the default lineage ran there, and its rankings enter that no more.',
    urgency: TODAY,
    look: ['npx trimtab experiments', 'npx trimtab placements', AUDIT],
    act: [
      'Where the experiment was about that placement: stop it, as it learns nothing more, and create it anew with `--placement`, of versions of that lineage.',
      'Where it is on other placements as well: let it run, and bear in mind that it is about the others from then on; or stop it, and begin it anew.',
    ],
  },
  'learning stopped': {
    means: 'What was learned as people click did harm, and was dropped until the next version.',
    urgency: TODAY,
    look: [STATUS, ROLLOUTS],
    act: [
      'Nothing needs to be done: visitors are ranked by the published weights.',
      'Where it happens with version after version, set `onlineLearning.trustRegion` lower, or `onlineLearning.enabled` to false.',
    ],
  },
  'learning limited': {
    means: 'A tenth of the weights that learning changed has been as far as it may go for an hour.',
    urgency: SOME_DAY,
    look: [STATUS],
    act: [
      'A training takes over what was learned: `npx trimtab train`.',
      'Where it is so day after day, raise `onlineLearning.trustRegion`.',
    ],
  },
  'fast burn': {
    means:
      'An objective’s error budget is spent so fast that a fiftieth of what is for four weeks is gone within an hour, or a twentieth within six.',
    urgency: NOW,
    look: [OBJECTIVES, STATUS, ALERTS],
    act: [
      'The message names the objective. Its own alert, where one is open, says more: latency, edge errors, ingest lag, old edges.',
      'Where something was changed within the hour (`npx trimtab audit`), take it back first and look for the cause then.',
      'Where the objective asks for more than users need, change it: `objectives` in the configuration file.',
    ],
  },
  'slow burn': {
    means:
      'For three days an objective’s error budget has been spent faster than four weeks allow.',
    urgency: TODAY,
    look: [OBJECTIVES],
    act: [
      'See on the page _Objectives_ since when, and what was changed then.',
      'Until the budget has recovered, change little that can make it worse.',
    ],
  },
  monitor: {
    means:
      'A check failed itself, or for the placements that the alert names, so that its alerts stay as they are and new ones are not found.',
    urgency: TODAY,
    look: [ALERTS],
    act: [
      'The log of the backend has the reason. Most are a database that does not answer: `/health/ready` says more. Of one placement it is mostly a version that cannot be loaded: `npx trimtab placements` says which is live there, and `npx trimtab promote <version> --placement <placement>` makes another one live.',
    ],
  },
  'overdue erasure': {
    means:
      'A person was deleted, and not everything of it is gone after `privacy.erasureHours`: partitions, the write-ahead log or free pages of the database.',
    urgency: `${TODAY} The person was promised a time.`,
    look: ['npx trimtab users erasures', STATUS],
    act: [
      'The receipt says which stage waits. `npx trimtab data prune` carries out what is due, and the log of the backend says why it failed.',
      'Of partitions, the object store did not answer: mend that first. Of free pages, the disk has too little room for a second copy of the database.',
    ],
  },
  costs: {
    means:
      'A month like the last days would cost more than `costs.monthlyLimit`, by the prices in the configuration.',
    urgency: TODAY,
    look: ['npx trimtab costs', STATUS],
    act: [
      'See which line grew. Rankings that grew with the visitors are no fault: raise the limit.',
      'Requests without visitors are a crawler or a page that asks again and again: `npx trimtab status` has the rates, and the firewall of the platform keeps it out.',
      'Where storage or training grew: keep the log for fewer days (`trainingData.retentionDays`), or train less often (`training.schedule`).',
    ],
  },
  'backend down': {
    means: 'Prometheus reaches no backend. The edge goes on ranking, and keeps feedback.',
    urgency:
      'Within the hour: nothing is lost, but nothing is learned, and a rollback by the backend is not possible.',
    look: [STATUS],
    act: [
      'See why it ended: `journalctl -u trimtab`, or `docker logs trimtab`. A full disk and a lost database are named there.',
      'To roll back meanwhile, move the pointer in KV by hand: [Roll back](operating.md#roll-back).',
    ],
  },
  problems: {
    means: 'The backend says that the edge may not be up to date.',
    urgency: NOW,
    look: [STATUS],
    act: [
      '`/health/ready` of the backend says what keeps it from being so, and what to do about each.',
    ],
  },
  'ingest stopped': {
    means: 'No batch of the edge was committed for an hour.',
    urgency: 'At once where visitors are there; the edge keeps what they do.',
    look: [STATUS, OBJECTIVES],
    act: [
      'See whether Cloudflare reaches `/v1/ingest` (`npx wrangler tail` has the answer that each batch got): the address, its certificate, what stands in front.',
      '401: INGEST_SECRET of the edge is not one of the backend.',
      'Where nobody ranked for an hour, nothing.',
    ],
  },
};

/** The part of an address of docs/runbook.md, or of the page _Alerts_, that leads to a kind. */
export const runbookAnchor = (kind: string): string => `runbook-${kind.replaceAll(' ', '-')}`;

/** Of an alert that an older backend opened and nothing here names, undefined. */
export const runbookOf = (kind: string): RunbookEntry | undefined =>
  (RUNBOOK as Readonly<Record<string, RunbookEntry | undefined>>)[kind];
