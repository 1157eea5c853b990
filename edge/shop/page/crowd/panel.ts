import { h } from '../dom.ts';
import type { Speech } from '../words/language.ts';
import { chart } from './chart.ts';
import { crowd, RULES, type Endpoints } from './crowd.ts';
import { EMPTY_STORY, toldOn } from './story.ts';
import { EMPTY_TALLY, rateOf, STEP, tallied } from './tally.ts';

/** From one round to the next, ms: so 1,600 rankings a minute, half of what one address may ask for by default. */
const ROUND_MS = 1500;
/** The edge is given time for others, ms. */
const LEAST_PAUSE_MS = 250;
/** Of the latest steps. */
const LATELY = 3;
const TRAIN = 'npx trimtab train --direct --wait';

/** The switch that sends visitors in, and what comes of them. */
export function crowdPanel(endpoints: Endpoints, seed: string) {
  let tally = EMPTY_TALLY;
  let story = EMPTY_STORY;
  const state = { isOn: false };
  let waitS = 0;
  let version = '';
  let speech: Speech;
  const body = h('div', { class: 'crowd' });
  const told = h('p', { class: 'muted', role: 'status' });
  const visitors = crowd(endpoints, seed, (met) => {
    tally = tallied(tally, met);
    story = toldOn(story, met);
    version = met.at(-1)?.version ?? version;
    show();
  });

  async function run(): Promise<void> {
    while (state.isOn) {
      const startedAt = performance.now();
      waitS = await visitors.round();
      tell();
      const pauseMs = Math.max(LEAST_PAUSE_MS, startedAt + ROUND_MS - performance.now());
      await new Promise((resolve) => setTimeout(resolve, waitS * 1000 || pauseMs));
      waitS = 0;
    }
  }

  const toggle = h('button', { type: 'button', class: 'switch', role: 'switch' });
  toggle.addEventListener('click', () => {
    state.isOn = !state.isOn;
    tell();
    if (state.isOn) void run();
  });

  /** Words that change while it runs, and only where they do, so that nobody is read the same twice. */
  function tell(): void {
    const { words } = speech;
    toggle.setAttribute('aria-checked', String(state.isOn));
    say(toggle, state.isOn ? words.sending : words.send);
    say(told, waitS > 0 ? words.waiting(waitS) : '');
  }

  function show(): void {
    const { words, share, number } = speech;
    const nameOf = (by: string) => (by === RULES ? words.rules : words.learning(by));
    const whole = tally.steps.filter(({ rankings }) => rankings >= STEP);
    const late = whole.slice(-LATELY);
    const lately = late.reduce((sum, step) => sum + rateOf(step), 0) / late.length;
    const total = [...tally.by.values()].reduce((sum, { rankings }) => sum + rankings, 0);
    if (total === 0) return body.replaceChildren();
    const rules = tally.by.get(RULES);
    const baseline = rules && rateOf(rules);
    const gain =
      baseline === undefined || late.length === 0 || baseline === 0
        ? undefined
        : `${lately >= baseline ? '+' : '−'}${share(Math.abs(lately / baseline - 1))}`;
    body.replaceChildren(
      h(
        'dl',
        { class: 'tiles' },
        tile(words.visitors, number(total)),
        tile(words.lately, late.length === 0 ? '…' : share(lately), gain && words.beside(gain)),
      ),
      ...(whole.length > 1 ? [chart(tally.steps, baseline, words.chart, share)] : []),
      h(
        'table',
        {},
        h(
          'thead',
          {},
          h(
            'tr',
            {},
            h('th', { scope: 'col' }, words.version),
            h('th', { scope: 'col', class: 'number' }, words.rankings),
            h('th', { scope: 'col', class: 'number' }, words.clicked),
          ),
        ),
        h(
          'tbody',
          {},
          [...tally.by].map(([by, count], i) =>
            h(
              'tr',
              {},
              h('th', { scope: 'row' }, h('i', { class: `key c${i % 4}` }), nameOf(by)),
              h('td', { class: 'number' }, number(count.rankings)),
              h('td', { class: 'number' }, share(rateOf(count))),
            ),
          ),
        ),
      ),
      ...(rules === undefined ? [h('p', { class: 'muted' }, words.noRules)] : []),
      h(
        'ol',
        { class: 'story', 'aria-label': words.story },
        story.chapters.map((chapter, i) =>
          h(
            'li',
            { 'aria-current': i === story.chapters.length - 1 && 'step' },
            h('span', { class: 'muted' }, words.fromRanking(number(chapter.from + 1))),
            words.chapter[chapter.kind](chapter.version, share(chapter.share)),
          ),
        ),
      ),
      h('p', { class: 'muted' }, words.serving(version)),
    );
  }

  return {
    /** Anew in the language of now; what it counts goes on. */
    element(now: Speech): HTMLElement {
      speech = now;
      const { words } = speech;
      tell();
      show();
      return h(
        'div',
        {},
        h('p', {}, words.backstageText),
        toggle,
        told,
        body,
        h('p', { class: 'muted' }, words.howToTrain),
        h('code', {}, TRAIN),
      );
    },
  };
}

const tile = (label: string, value: string, remark?: string) =>
  h('div', {}, h('dt', {}, label), h('dd', {}, value, remark && h('small', {}, remark)));

function say(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}
