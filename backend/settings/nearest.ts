/** What was probably meant: the name that the fewest changed letters turn into this one. undefined if none is near. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  const distances = known.map((other) => editDistance(name.toLowerCase(), other.toLowerCase()));
  const least = Math.min(...distances);
  // With more than two in five letters wrong it is another word.
  return least <= Math.max(1, name.length * 0.4) ? known[distances.indexOf(least)] : undefined;
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
