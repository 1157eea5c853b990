type Child = string | Node | null | undefined | false;
type Value = string | number | boolean | null | undefined;
export type Attributes = Readonly<Record<string, Value>>;
type Children = (Child | readonly Child[])[];

/** An HTML element. Text stays text: nothing that an answer says is ever read as markup. */
export const h = <K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Children
): HTMLElementTagNameMap[K] => fill(document.createElement(tag), attributes, children);

export const svg = (tag: string, attributes: Attributes = {}, ...children: Children): SVGElement =>
  fill(document.createElementNS('http://www.w3.org/2000/svg', tag), attributes, children);

/** The element with this id, which the page has. */
export const byId = <T extends HTMLElement = HTMLElement>(id: string): T =>
  document.querySelector<T>(`#${id}`)!;

function fill<T extends Element>(element: T, attributes: Attributes, children: Children): T {
  for (const [name, value] of Object.entries(attributes))
    if (value !== undefined && value !== null && value !== false)
      element.setAttribute(name, value === true ? '' : String(value));
  for (const child of children.flat<readonly (Child | readonly Child[])[]>())
    if (child !== undefined && child !== null && child !== false) element.append(child);
  return element;
}
