import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** Vowpal Wabbit as a peer of benchmarks alone: its executable is named by `TRIMTAB_VW`. */
const executable = (): string => process.env.TRIMTAB_VW ?? '';

/** Why it cannot be asked; empty where it can. */
export function unlessVowpalWabbit(): string {
  if (executable() === '') return 'TRIMTAB_VW names no executable of Vowpal Wabbit';
  return existsSync(executable()) ? '' : `${executable()} is absent`;
}

/** One action of one slot, and the probability with which it is to be chosen. */
export interface ActionProbability {
  readonly action: number;
  readonly probability: number;
}

const STARTS_WITHIN_MS = 10_000;

/**
 * A learner that answers over a loopback socket, one multi-line example after another: it predicts for each, and learns from those
 * that have a label.
 */
export class VowpalWabbit {
  readonly #process: ChildProcess;
  readonly #socket: Socket;
  readonly #waiting: ((slots: ActionProbability[][]) => void)[] = [];
  #text = '';

  /** @param args of the learner, without those of its socket. @throws Error when it does not start. */
  static async start(args: readonly string[]): Promise<VowpalWabbit> {
    const port = await freePort();
    const process = spawn(
      executable(),
      [...args, '--quiet', '--daemon', '--foreground', '--num_children', '1', '--port', `${port}`],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    let said = '';
    process.stderr?.on('data', (bytes) => (said += bytes));
    const endMs = performance.now() + STARTS_WITHIN_MS;
    while (performance.now() < endMs && process.exitCode === null) {
      const socket = await connected(port);
      if (socket !== undefined) return new VowpalWabbit(process, socket);
      await sleep(20);
    }
    process.kill();
    throw new Error(`Vowpal Wabbit does not answer: ${said}`);
  }

  private constructor(process: ChildProcess, socket: Socket) {
    this.#process = process;
    this.#socket = socket.setNoDelay(true).setEncoding('latin1');
    socket.on('data', (text) => this.#read(String(text)));
  }

  /** @returns for each slot the probabilities of its actions. */
  ask(lines: readonly string[]): Promise<ActionProbability[][]> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#socket.write(`${lines.join('\n')}\n\n`);
    });
  }

  stop(): void {
    this.#socket.destroy();
    this.#process.kill();
  }

  /** An answer is a line per slot, `action:probability,…`, and an empty line. */
  #read(text: string): void {
    this.#text += text;
    for (let end = this.#text.indexOf('\n\n'); end >= 0; end = this.#text.indexOf('\n\n')) {
      const lines = this.#text.slice(0, end).split('\n');
      this.#text = this.#text.slice(end + 2);
      this.#waiting.shift()!(
        lines.map((line) =>
          line.split(',').map((pair) => {
            const [action, probability] = pair.split(':').map(Number);
            return { action, probability };
          }),
        ),
      );
    }
  }
}

const connected = (port: number): Promise<Socket | undefined> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket));
    socket.on('error', () => resolve(undefined));
  });

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
