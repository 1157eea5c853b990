/**
 * What was probably meant: the name that the fewest changed letters turn into this one, else one that this abbreviates (`prefs`
 * for `preferences`). undefined if none is near.
 */
export function nearest(name: string, known: readonly string[]): string | undefined {
  // With more than two in five letters wrong it is another word; so it is where already the lengths differ by more.
  const most = Math.max(1, name.length * 0.4);
  const near = known.filter((other) => Math.abs(other.length - name.length) <= most);
  const distances = near.map((other) => editDistance(name.toLowerCase(), other.toLowerCase()));
  const least = Math.min(...distances);
  return least <= most
    ? near[distances.indexOf(least)]
    : known.find((other) => abbreviates(name.toLowerCase(), other.toLowerCase()));
}

/** Fewer letters stand for too many words. */
const SHORTEST_ABBREVIATION = 4;

/** Whether a word begins with the same letter and has the others in the same order. */
function abbreviates(short: string, word: string): boolean {
  if (short.length < SHORTEST_ABBREVIATION || short[0] !== word[0]) return false;
  let at = 0;
  for (const letter of word) if (letter === short[at]) at++;
  return at === short.length;
}

/** Levenshtein: letters to insert, delete or replace, two rows of the table at a time. */
function editDistance(from: string, to: string): number {
  let above = Array.from({ length: to.length + 1 }, (_, i) => i);
  for (const [i, letter] of [...from].entries()) {
    const row = [i + 1];
    for (let j = 1; j <= to.length; j++)
      row[j] = Math.min(
        row[j - 1] + 1,
        above[j] + 1,
        above[j - 1] + (letter === to[j - 1] ? 0 : 1),
      );
    above = row;
  }
  return above[to.length];
}
