import { BUDGETS, CONTINENTS, COUNTRIES, DIFFICULTIES, DURATIONS, THEMES } from './choices.ts';
import { h } from './dom.ts';
import type { Search } from './search.ts';
import type { Speech } from './words/language.ts';

/** The form, as it was last filled in. @param onSearch is told what is asked for, whenever that changes. */
export function searchForm(
  { words, money, country }: Speech,
  asked: Search,
  onSearch: (search: Search | undefined) => void,
): HTMLElement {
  const form = h(
    'form',
    { id: 'search', class: 'search', 'aria-label': words.search },
    h('h2', {}, words.search),
    h(
      'fieldset',
      { class: 'themes' },
      h('legend', {}, words.themes),
      THEMES.map((theme) =>
        h(
          'label',
          { class: 'chip' },
          h('input', {
            type: 'checkbox',
            name: 'theme',
            value: theme,
            checked: asked.themes.includes(theme),
          }),
          h('span', {}, words.theme[theme]),
        ),
      ),
    ),
    h(
      'div',
      { class: 'fields' },
      choice('place', words.place, [
        option('', words.anyPlace, placeOf(asked)),
        ...CONTINENTS.map((continent) =>
          h(
            'optgroup',
            { label: words.continent[continent] },
            option(`in ${continent}`, words.allOf(words.continent[continent]), placeOf(asked)),
            COUNTRIES[continent]
              .split(' ')
              .toSorted((a, b) => country(a).localeCompare(country(b)))
              .map((code) => option(code, country(code), placeOf(asked))),
          ),
        ),
      ]),
      choice('days', words.duration, [
        option('', words.anyDuration),
        ...DURATIONS.map(([from, to], i) =>
          option(String(i), words.days(from, to), asked.days?.[0] === from ? String(i) : ''),
        ),
      ]),
      choice('difficulty', words.difficulty, [
        option('', words.anyDifficulty),
        ...DIFFICULTIES.slice(0, -1).map((level) =>
          option(String(level), words.upToDifficulty(level), String(asked.difficulty ?? '')),
        ),
      ]),
      choice('budget', words.budget, [
        option('', words.anyBudget),
        ...BUDGETS.map((euro) =>
          option(String(euro), words.upTo(money(euro)), String(asked.budget ?? '')),
        ),
      ]),
      field('from', words.from, h('input', { type: 'date', name: 'from', value: asked.from })),
      field('to', words.to, h('input', { type: 'date', name: 'to', value: asked.to })),
    ),
    h(
      'div',
      { class: 'actions' },
      h('button', { class: 'primary' }, words.show),
      h('button', { type: 'reset', class: 'quiet' }, words.reset),
    ),
  );
  const tell = () => onSearch(read(form));
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    tell();
  });
  form.addEventListener('change', tell);
  form.addEventListener('reset', (event) => {
    event.preventDefault();
    onSearch(undefined);
  });
  return form;
}

function read(form: HTMLFormElement): Search {
  const data = new FormData(form);
  const text = (name: string) => {
    const value = data.get(name);
    return typeof value === 'string' ? value : '';
  };
  const number = (name: string) => (text(name) === '' ? undefined : Number(text(name)));
  const place = text('place');
  const days = number('days');
  return {
    themes: data.getAll('theme').filter((theme) => typeof theme === 'string'),
    difficulty: number('difficulty'),
    days: days === undefined ? undefined : DURATIONS[days],
    budget: number('budget'),
    continent: place.startsWith('in ') ? place.slice(3) : undefined,
    country: place === '' || place.startsWith('in ') ? undefined : place,
    from: text('from'),
    to: text('to'),
  };
}

const placeOf = ({ continent, country }: Search) =>
  country ?? (continent === undefined ? '' : `in ${continent}`);

const option = (value: string, text: string, chosen = '') =>
  h('option', { value, selected: value === chosen }, text);

const field = (name: string, label: string, input: HTMLElement) => {
  input.id = `search-${name}`;
  return h('div', { class: 'field' }, h('label', { for: input.id }, label), input);
};

const choice = (name: string, label: string, options: readonly HTMLElement[]) =>
  field(name, label, h('select', { name }, options));
