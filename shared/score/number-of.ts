const numbers = new WeakMap<object, number>();
let numbered = 0;

/** A number that no other object has or had: what is kept by it keeps the object itself out of memory. */
export function numberOf(of: object): number {
  let number = numbers.get(of);
  if (number === undefined) numbers.set(of, (number = ++numbered));
  return number;
}
