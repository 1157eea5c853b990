const SVG = 'http://www.w3.org/2000/svg';

/** An HTML element. Children that are texts stay texts: nothing that the API says is ever read as markup. */
export const h = (tag, attributes = {}, ...children) =>
  fill(document.createElement(tag), attributes, children);

export const svg = (tag, attributes = {}, ...children) =>
  fill(document.createElementNS(SVG, tag), attributes, children);

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) element.setAttribute(name, String(value));
  }
  element.append(...children.flat().filter((child) => child !== undefined && child !== null));
  return element;
}

/** @param head [{label, number?}] @param rows lists of cells: texts or nodes. */
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

const cell = ({ number }) => (number ? { class: 'number' } : {});

export const empty = (text) => h('p', { class: 'empty' }, text);

export const badge = (text, tone) => h('span', { class: `badge ${tone}` }, text);

/** A moment as `3 min ago`, with the exact time on hover. */
export const when = (atMs, words) =>
  h(
    'time',
    { datetime: new Date(atMs).toISOString(), title: new Date(atMs).toLocaleString() },
    words,
  );
