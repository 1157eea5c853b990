import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { program } from '../../../../backend/cli/program.ts';
import { runProgram } from '../../../../backend/cli/run-program.ts';
import { END_OF_OUTPUT, type CommandAsked, type CommandEnded } from './command-message.ts';

/** Runs a command as `backend/cli/main.ts` would in a process of its own. */
async function run({ args, env, cwd, input }: CommandAsked): Promise<void> {
  const openBefore = process.getActiveResourcesInfo().length;
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, env);
  process.chdir(cwd);
  process.exitCode = undefined;
  Object.defineProperty(process, 'stdin', { value: Readable.from([input]), configurable: true });
  await runProgram(program(), [process.execPath, 'trimtab', ...args]);
  // A process would not end while something is open: neither does the command.
  while (process.getActiveResourcesInfo().length > openBefore) await sleep(1);
  process.stdout.write(END_OF_OUTPUT);
  process.stderr.write(END_OF_OUTPUT);
  process.send!({ exitCode: exitCode() } satisfies CommandEnded);
}

/** Commands set it, which the compiler cannot see. */
const exitCode = () => Number(process.exitCode ?? 0);

process.on('message', (asked: CommandAsked) => void run(asked));
process.on('disconnect', () => process.exit());
