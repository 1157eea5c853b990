import { PAGES, REFERENCE } from '../pages.ts';
import { api, json } from './api.ts';
import { h } from './dom.ts';

interface Hit {
  readonly title: string;
  readonly detail: string;
  readonly href: string;
}

const LOOKUP = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

type Found = Awaited<ReturnType<typeof found>>[number];
const found = async (q: string) => (await json(api.search.$get({ query: { q } }))).found;

const PLACES: Readonly<Record<Found['kind'], (hit: Found) => string>> = {
  version: ({ id }) => `/dashboard/weights?version=${encodeURIComponent(id)}`,
  experiment: ({ id }) => `/dashboard/experiments?id=${encodeURIComponent(id)}`,
  rollout: () => '/dashboard/weights#section-rollouts',
  run: ({ id }) => `/dashboard/training?run=${encodeURIComponent(id)}`,
  ranking: ({ id }) => `/dashboard/ranking?id=${encodeURIComponent(id)}`,
  item: ({ id }) => `/dashboard/business?item=${encodeURIComponent(id)}`,
  alert: () => '/dashboard/alerts',
  audit: ({ title }) =>
    `/dashboard/audit?text=${encodeURIComponent(title.split(' ').at(-1) ?? '')}`,
};

/** ⌘K or Ctrl-K: pages and whatever the backend knows by a text. Arrows choose, Enter goes there. */
export function offerSearch(): void {
  const dialog = document.getElementById('search') as HTMLDialogElement;
  const input = h('input', {
    type: 'search',
    role: 'combobox',
    'aria-label': 'Search pages, versions, experiments, rankings, items, audit',
    'aria-controls': 'hits',
    'aria-expanded': 'true',
    'aria-autocomplete': 'list',
    placeholder: 'A page, a version, a ranking’s id …',
    autocomplete: 'off',
    spellcheck: 'false',
  });
  const list = h('ul', { id: 'hits', role: 'listbox', 'aria-label': 'Found' });
  dialog.replaceChildren(h('div', { class: 'search-box' }, input, list));
  let hits: readonly Hit[] = [];
  let at = 0;
  let asked = 0;
  const mark = (next: number) => {
    at = hits.length === 0 ? 0 : (next + hits.length) % hits.length;
    [...list.children].forEach((option, i) => {
      option.setAttribute('aria-selected', String(i === at));
      if (i === at) option.scrollIntoView({ block: 'nearest' });
    });
    input.setAttribute('aria-activedescendant', hits.length === 0 ? '' : `hit-${at}`);
  };
  const go = (hit: Hit | undefined) => {
    if (hit === undefined) return;
    dialog.close();
    location.assign(hit.href);
  };
  const show = (next: readonly Hit[]) => {
    hits = next;
    list.replaceChildren(
      ...next.map((hit, i) => {
        const option = h(
          'li',
          { role: 'option', id: `hit-${i}` },
          h('span', {}, hit.title),
          h('small', {}, hit.detail),
        );
        option.addEventListener('click', () => go(hit));
        return option;
      }),
    );
    if (next.length === 0)
      list.append(h('li', { role: 'option', 'aria-disabled': 'true' }, 'Nothing has that name.'));
    mark(0);
  };
  const look = async () => {
    const q = input.value.trim();
    const mine = ++asked;
    const pages = [...PAGES, REFERENCE]
      .filter(({ title, about }) => `${title} ${about}`.toLowerCase().includes(q.toLowerCase()))
      .map(({ path, title }) => ({ title, detail: 'page', href: `/dashboard/${path}` }));
    const lookup = LOOKUP.test(q)
      ? [{ title: q, detail: 'look this ranking up', href: `/dashboard/ranking?id=${q}` }]
      : [];
    show([...lookup, ...pages]);
    if (q === '') return;
    const others = await found(q).catch(() => []);
    if (mine !== asked) return;
    show([
      ...lookup,
      ...pages,
      ...others
        .filter(({ kind }) => kind !== 'ranking' || lookup.length === 0)
        .map((hit) => ({
          title: hit.title,
          detail: `${hit.kind} · ${hit.detail}`,
          href: PLACES[hit.kind](hit),
        })),
    ]);
  };
  input.addEventListener('input', () => void look());
  input.addEventListener('keydown', (event) => {
    const moves: Record<string, () => void> = {
      ArrowDown: () => mark(at + 1),
      ArrowUp: () => mark(at - 1),
      Enter: () => go(hits[at]),
    };
    const move = moves[event.key];
    if (move === undefined) return;
    event.preventDefault();
    move();
  });
  const open = () => {
    if (dialog.open) return;
    input.value = '';
    void look();
    dialog.showModal();
    input.focus();
  };
  document.getElementById('open-search')!.addEventListener('click', open);
  document.addEventListener('keydown', (event) => {
    if ((event.metaKey || event.ctrlKey) && event.key.toLowerCase() === 'k') {
      event.preventDefault();
      open();
    }
  });
  // A press beside the box.
  dialog.addEventListener('click', (event) => {
    if (event.target === dialog) dialog.close();
  });
}
