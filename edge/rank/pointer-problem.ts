/** What is wrong with a value of the WEIGHTS key `active` that is no pointer. */
export const pointerProblem = (text: string | null): string =>
  text === null
    ? 'nothing is published: the WEIGHTS key "active" is absent'
    : `the WEIGHTS key "active" is no pointer: ${JSON.stringify(text.slice(0, 80))}`;
