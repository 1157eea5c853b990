import { badge, empty, h, when } from './dom.js';
import { ago, duration, percent, trainingDataNote, whole } from './format.js';

/** @typedef {import('../../http/answers.ts').Status} Status */
/** @typedef {import('../../http/answers.ts').LiveWeights} LiveWeights */
/** @typedef {import('./dom.js').Child} Child */

/** The champion, since when, and whether the edge is up to date. @param {Status} status @param {number} nowMs */
export function liveSection(status, nowMs) {
  const { weights, problems } = status;
  return h(
    'div',
    { class: 'card' },
    ...(weights === null
      ? [empty('No weights are live yet.')]
      : champion(weights, problems, nowMs)),
    ...problems.map((problem) => h('p', { class: 'notice bad' }, problem)),
    tiles(status, nowMs),
  );
}

/** @param {LiveWeights} weights @param {readonly string[]} problems @param {number} nowMs */
function champion(weights, problems, nowMs) {
  const { version, name, schemaName, since, hold, by, belowMinimums, pointer } = weights;
  return [
    h(
      'div',
      { class: 'champion' },
      h('span', { class: 'version' }, version),
      h('span', { class: 'name' }, name ?? 'not stored here'),
      problems.length === 0
        ? badge('live at the edge', 'good')
        : badge('edge not confirmed', 'bad'),
      hold ? badge('held', 'warn') : undefined,
    ),
    h(
      'p',
      { class: 'since' },
      'since ',
      when(since, ago(since, nowMs)),
      ` by ${by ?? 'hand'}, schema ${schemaName ?? 'unknown'}`,
    ),
    belowMinimums === null || belowMinimums.length > 0
      ? h('p', { class: 'notice' }, trainingDataNote(belowMinimums))
      : undefined,
    ...apprenticeNotes(pointer.apprentice),
    hold
      ? h(
          'p',
          { class: 'notice' },
          'Nothing else goes live until somebody runs ',
          h('code', {}, 'trimtab release'),
          '. Training goes on and stores what it learns.',
        )
      : undefined,
  ];
}

/** Whose order visitors see, where it is not Trimtab's. @param {LiveWeights['pointer']['apprentice']} settings */
const apprenticeNotes = (settings = {}) =>
  Object.entries(settings)
    .filter(([, { share }]) => share < 1)
    .map(([placement, { share }]) =>
      h(
        'p',
        { class: 'notice' },
        placement === '*'
          ? 'The site keeps its own order'
          : `At ${placement} the site keeps its own order`,
        share === 0 ? '' : ` but for ${percent(share)} of the sessions`,
        ', and Trimtab learns from it: ',
        h('code', {}, 'trimtab apprentice status'),
        ' says how often both agree.',
      ),
    );

/** @param {Status} status @param {number} nowMs */
function tiles({ snapshot, counts, ingest, training, learning }, nowMs) {
  return h(
    'dl',
    { class: 'tiles' },
    tile(
      'Items at the edge',
      whole(snapshot?.items),
      snapshot ? `${whole(counts.items)} stored` : 'no snapshot yet',
    ),
    tile(
      'Snapshot',
      snapshot ? snapshot.hash.slice(0, 8) : '–',
      snapshot && `published ${ago(snapshot.since, nowMs)}`,
    ),
    tile('Rankings', whole(counts.decisions), `${whole(counts.events)} feedback events`),
    tile(
      'Ingest lag',
      ingest.lagMs === null ? '–' : duration(ingest.lagMs),
      ingest.lastBatchAt === null
        ? 'nothing since the start'
        : `last batch ${ago(ingest.lastBatchAt, nowMs)}`,
    ),
    ...learning.map(({ arm, rankings, stopped }) =>
      tile(
        arm === 'champion' ? 'Learned since' : `Learned by ${arm}`,
        whole(rankings),
        stopped === null ? 'rankings, as people click' : `stopped: ${stopped}`,
      ),
    ),
    tile(
      'Next training',
      nextTraining(training, nowMs),
      `${whole(counts.weights)} ${counts.weights === 1 ? 'version' : 'versions'} so far`,
    ),
  );
}

/** @param {string} label @param {Child} value @param {Child} remark */
const tile = (label, value, remark) =>
  h('div', {}, h('dt', {}, label), h('dd', {}, value, h('small', {}, remark ?? '')));

/** @param {Status['training']} training @param {number} nowMs */
function nextTraining({ running, nextAt }, nowMs) {
  if (running !== null) return 'running';
  return nextAt === null ? 'by hand' : `in ${duration(Math.max(0, nextAt - nowMs))}`;
}
