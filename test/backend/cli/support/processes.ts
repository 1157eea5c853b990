import { readdir, readFile } from 'node:fs/promises';

export interface Process {
  readonly pid: number;
  readonly command: string;
}

/** Running processes whose command line holds the text, from /proc; none where there is no /proc. */
export async function processesNaming(text: string): Promise<Process[]> {
  const pids = (await readdir('/proc').catch(() => []))
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
  const found = await Promise.all(
    pids.map(async (pid) => ({ pid, command: await commandOf(pid) })),
  );
  return found.filter(({ command }) => command.includes(text));
}

/** Empty for a process that has just ended. */
const commandOf = (pid: number): Promise<string> =>
  readFile(`/proc/${pid}/cmdline`, 'utf8').then(
    (line) => line.replaceAll('\0', ' '),
    () => '',
  );
