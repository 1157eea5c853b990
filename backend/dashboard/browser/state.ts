/** What a page shows is in its address, so that it can be shared and gone back to. */
export const chosen = (name: string): string | undefined =>
  new URLSearchParams(location.search).get(name) ?? undefined;

/** Undefined and '' remove a name. The page is then shown anew. */
export function choose(changes: Readonly<Record<string, string | undefined>>): void {
  const query = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(changes))
    if (value === undefined || value === '') query.delete(name);
    else query.set(name, value);
  history.pushState(null, '', query.size === 0 ? location.pathname : `?${query}`);
  dispatchEvent(new PopStateEvent('popstate'));
}
