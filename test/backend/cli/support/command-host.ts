import { fork, type ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { Ended } from './cli.ts';
import { END_OF_OUTPUT, type CommandAsked, type CommandEnded } from './command-message.ts';

const PROCESS = fileURLToPath(new URL('./command-host-process.ts', import.meta.url));

/** A command that hangs is ended before the test that waits for it runs out of patience. */
const COMMAND_MS = 240_000;

let host: ChildProcess | undefined;
let turn: Promise<unknown> = Promise.resolve();

/**
 * Runs a command in the one process of this test worker that has the CLI loaded already: starting Node and loading the CLI
 * for each command would take more processor time than most commands do. Commands take turns. One that ends the process, or
 * that has not ended after `patienceMs`, takes the process with it, and the next one gets a new process.
 */
export function runInHost(asked: CommandAsked, patienceMs = COMMAND_MS): Promise<Ended> {
  const ended = turn.then(() => run(asked, patienceMs));
  turn = ended;
  return ended;
}

async function run(asked: CommandAsked, patienceMs: number): Promise<Ended> {
  const child = (host ??= startHost());
  const [stdout, stderr] = [outputOf(child.stdout!), outputOf(child.stderr!)];
  const isOver = Promise.withResolvers<number | null>();
  const onMessage = ({ exitCode }: CommandEnded) =>
    isOver.resolve(Promise.all([stdout.isWhole, stderr.isWhole]).then(() => exitCode));
  const kill = () => child.kill('SIGKILL');
  const hangs = setTimeout(kill, patienceMs);
  child.once('message', onMessage).once('close', isOver.resolve);
  // It ends by itself when the channel to it closes, but not while it computes.
  process.once('exit', kill);
  child.send(asked);
  const exitCode = await isOver.promise;
  clearTimeout(hangs);
  child.off('message', onMessage).off('close', isOver.resolve);
  process.off('exit', kill);
  return { exitCode, stdout: stdout.end(), stderr: stderr.end() };
}

function startHost(): ChildProcess {
  const child = fork(PROCESS, { execArgv: [], stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
  child.once('close', () => {
    host = undefined;
  });
  for (const pipe of [child.stdout, child.stderr] as Socket[]) pipe.setEncoding('utf8').unref();
  // It keeps nobody from ending who waits for no command.
  child.unref();
  child.channel!.unref();
  return child;
}

/** Gathers what comes out of the pipe until the mark that ends a command's output. */
function outputOf(pipe: Readable) {
  const whole = Promise.withResolvers<void>();
  let text = '';
  const onData = (chunk: string) => {
    text += chunk;
    if (text.endsWith(END_OF_OUTPUT)) whole.resolve();
  };
  pipe.on('data', onData);
  return {
    isWhole: whole.promise,
    end() {
      pipe.off('data', onData);
      return text.endsWith(END_OF_OUTPUT) ? text.slice(0, -END_OF_OUTPUT.length) : text;
    },
  };
}
