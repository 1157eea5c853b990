/** What reads JSON further on calls itself for each level. */
export const MAX_DEPTH = 1000;

/**
 * JSON from a file. A name that one object has twice is refused: which of the two values is meant nobody can tell, and
 * `JSON.parse` keeps the last one without a word.
 * @throws Error where the text is no JSON (SyntaxError), or naming what is there twice and its line, or where it is nested too deeply.
 */
export function parseJson(text: string): unknown {
  const value: unknown = JSON.parse(text);
  const repeated = repeatedName(text);
  if (repeated === undefined) return value;
  const line = text.slice(0, repeated.index).split('\n').length;
  throw new Error(
    `${repeated.name} is there twice in one object${line > 1 ? ` (the second on line ${line})` : ''}: keep one of the two`,
  );
}

/** A text (with a colon behind it: a name), or what opens or closes an object or a list. */
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"(\s*:)?|[{}[\]]/g;

/** @param text that is JSON. */
function repeatedName(text: string): { readonly name: string; readonly index: number } | undefined {
  /** The names so far of each object that is open; undefined for a list. */
  const open: (Set<string> | undefined)[] = [];
  for (const { 0: token, 1: colon, index } of text.matchAll(TOKEN)) {
    if (open.length >= MAX_DEPTH && (token === '{' || token === '['))
      throw new Error(`it is nested more than ${MAX_DEPTH} levels deep`);
    if (token === '{') open.push(new Set());
    else if (token === '[') open.push(undefined);
    else if (token === '}' || token === ']') open.pop();
    else if (colon !== undefined) {
      const name = token.slice(0, -colon.length);
      const names = open.at(-1)!;
      // Escapes are another way to write the same name.
      const key = name.includes('\\') ? JSON.stringify(JSON.parse(name)) : name;
      if (names.has(key)) return { name: key, index };
      names.add(key);
    }
  }
  return undefined;
}
