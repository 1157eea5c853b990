import { mountCharts } from './chart.ts';
import { h, type Section } from './dom.ts';
import { ago } from './format.ts';

const signatures = new WeakMap<Element, string>();

/**
 * Brings the sections of the page up to date. One that shows the same stays untouched, and so does one in whose fields somebody is
 * typing: a refresh must not undo a selection, scrolling or half a sentence.
 */
export function showSections(sections: readonly Section[]): void {
  const root = document.getElementById('sections')!;
  const wanted = new Set(sections.map(({ id }) => `section-${id}`));
  for (const child of root.querySelectorAll(':scope > section'))
    if (!wanted.has(child.id)) child.remove();
  let before: Element | null = null;
  for (const section of sections) {
    const fresh = elementOf(section);
    const signature = fresh.outerHTML;
    const old = document.getElementById(fresh.id);
    let shown: Element = old ?? fresh;
    if (old === null) {
      if (before === null) root.prepend(fresh);
      else before.after(fresh);
    } else if (signatures.get(old) !== signature && !isBusy(old)) {
      keepOpen(old, fresh);
      const focused = document.activeElement?.id;
      old.replaceWith(fresh);
      shown = fresh;
      if (focused !== undefined && focused !== '' && document.activeElement?.id !== focused)
        document.getElementById(focused)?.focus({ preventScroll: true });
    }
    if (shown === fresh) {
      signatures.set(fresh, signature);
      mountCharts(fresh);
    }
    before = shown;
  }
  tellTimes();
}

function elementOf({ id, title, tools, wide, content }: Section): HTMLElement {
  const heading = `heading-${id}`;
  return h(
    'section',
    {
      id: `section-${id}`,
      class: wide === true ? 'card wide' : 'card',
      ...(title !== undefined && { 'aria-labelledby': heading }),
    },
    title !== undefined &&
      h(
        'div',
        { class: 'card-head' },
        h('h2', { id: heading }, title),
        tools !== undefined && h('div', { class: 'tools' }, tools),
      ),
    content,
  );
}

function isBusy(section: Element): boolean {
  const active = document.activeElement;
  return (
    active !== null &&
    section.contains(active) &&
    (active instanceof HTMLInputElement ||
      active instanceof HTMLTextAreaElement ||
      active instanceof HTMLSelectElement) &&
    // What only chooses what the section shows is done once it has chosen.
    active.dataset.chooses === undefined
  );
}

function keepOpen(old: Element, fresh: Element): void {
  for (const details of old.querySelectorAll<HTMLDetailsElement>('details[data-key][open]')) {
    const same = fresh.querySelector<HTMLDetailsElement>(
      `details[data-key="${CSS.escape(details.dataset.key!)}"]`,
    );
    if (same !== null) same.open = true;
  }
}

/** Writes how long ago each moment was. */
export function tellTimes(): void {
  const nowMs = Date.now();
  for (const time of document.querySelectorAll<HTMLTimeElement>('time.ago')) {
    const words = ago(Date.parse(time.dateTime), nowMs);
    if (time.textContent !== words) time.textContent = words;
  }
}
