/** A list with each entry changed; the list itself where all stay as they are. */
export function mapped<T>(list: readonly T[], change: (one: T, index: number) => T): readonly T[] {
  const now = list.map(change);
  return now.every((one, i) => one === list[i]) ? list : now;
}
