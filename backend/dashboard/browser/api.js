/** @typedef {import('../../http/answers.ts').Routes} Routes */
/** @template {keyof Routes} Path @typedef {import('../../http/answers.ts').Answer<Path>} Answer */
/** @template {keyof Routes} Path @typedef {import('../../http/answers.ts').Given<Path>} Given */
/** @typedef {{ param?: Record<string, string>, query?: Record<string, string | number> }} Filled */

/**
 * Reads a route of the backend with the cookie that `/?key=` set.
 * @template {keyof Routes} Path
 * @param {Path} path as the routes declare it, like `/v1/runs/:id`
 * @param {Given<Path>} given path parameters and query
 * @returns {Promise<Answer<Path>>}
 */
export async function read(path, given) {
  const { param = {}, query = {} } = /** @type {Filled} */ (/** @type {unknown} */ (given));
  const filled = path.replaceAll(/:(\w+)/g, (_, name) => encodeURIComponent(param[name]));
  const search = new URLSearchParams(Object.entries(query).map(([k, v]) => [k, String(v)]));
  const url = search.size === 0 ? filled : `${filled}?${search}`;
  const response = await fetch(url, { headers: { accept: 'application/json' } });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.message ?? `GET ${url} answered ${response.status}`);
  return answer;
}
