/** Results go to stdout as text or, with `--json`, as one JSON value; everything else goes to stderr. */
export function print(value: unknown, text: () => string, options: { json?: boolean }): void {
  process.stdout.write(`${options.json === true ? JSON.stringify(value, null, 2) : text()}\n`);
}

export const note = (text: string): void => void process.stderr.write(`${text}\n`);
