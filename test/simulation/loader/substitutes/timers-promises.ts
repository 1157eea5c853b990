/** On the clock of the process that asks. */
const sleep = <T>(ms: number, value?: T): Promise<T | undefined> =>
  new Promise((resolve) => {
    setTimeout(() => resolve(value), ms);
  });

export { sleep as setTimeout };
export const setImmediate = (): Promise<undefined> => sleep(0);
