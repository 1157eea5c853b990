/** @typedef {string | Node | null | undefined} Child */
/** @typedef {Readonly<Record<string, string | number | boolean | null | undefined>>} Attributes */
/** @typedef {{ readonly label: string, readonly number?: boolean }} Column */

const SVG = 'http://www.w3.org/2000/svg';

/**
 * An HTML element. Text children stay text: nothing that the API answers is ever read as markup.
 * @param {string} tag @param {Attributes} [attributes] @param {...(Child | Child[])} children
 */
export const h = (tag, attributes = {}, ...children) =>
  fill(document.createElement(tag), attributes, children);

/** @param {string} tag @param {Attributes} [attributes] @param {...(Child | Child[])} children */
export const svg = (tag, attributes = {}, ...children) =>
  fill(document.createElementNS(SVG, tag), attributes, children);

/**
 * @template {Element} T
 * @param {T} element @param {Attributes} attributes @param {(Child | Child[])[]} children
 */
function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== null && value !== false)
      element.setAttribute(name, String(value));
  }
  element.append(...children.flat().filter((child) => child !== undefined && child !== null));
  return element;
}

/** @param {readonly Column[]} head @param {readonly (readonly Child[])[]} rows */
export const table = (head, rows) =>
  h(
    'div',
    { class: 'scroll' },
    h(
      'table',
      {},
      h('thead', {}, h('tr', {}, ...head.map((column) => h('th', cell(column), column.label)))),
      h(
        'tbody',
        {},
        ...rows.map((row) => h('tr', {}, ...row.map((value, i) => h('td', cell(head[i]), value)))),
      ),
    ),
  );

/** @param {Column} column @returns {Attributes} */
const cell = ({ number }) => (number ? { class: 'number' } : {});

/** @param {string} text */
export const empty = (text) => h('p', { class: 'empty' }, text);

/** @param {string} text @param {'good' | 'bad' | 'warn' | 'plain'} tone */
export const badge = (text, tone) => h('span', { class: `badge ${tone}` }, text);

/** A relative time such as `3 min ago`, with the exact one on hover. @param {number} atMs @param {string} words */
export const when = (atMs, words) =>
  h(
    'time',
    { datetime: new Date(atMs).toISOString(), title: new Date(atMs).toLocaleString() },
    words,
  );
