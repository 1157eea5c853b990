import { demoCatalogue } from '../../backend/catalogue/demo.ts';
import type { Keys } from '../../backend/config/keys.ts';
import { seededRandom } from '../../shared/explore/random.ts';
import { messageOf } from '../../shared/text/message-of.ts';
import { putItems, rank } from '../support/client.ts';
import { startSystem, type System } from '../support/system.ts';
import { until } from '../support/until.ts';
import { endOf, type SoakForm } from './support/form.ts';
import {
  fromLine,
  sendFuzz,
  toLine,
  type FuzzAnswer,
  type FuzzRequest,
} from './support/fuzz-request.ts';
import { fuzzRequest, fuzzSource } from './support/fuzz-source.ts';
import { damagedDatabases } from './support/integrity.ts';

const IN_FLIGHT = 8;
const ITEMS = 300;
const SAY_EVERY = 2000;
/** Further failures of a kind that was printed are only counted. */
const EACH_KIND = 3;
/** A server may hang up on what it refuses before it has read it all. */
const MAY_BE_CUT_SHORT = 500_000;

/** The same in every run, so that the token in a printed request fits when it is sent again. */
const KEYS: Keys = {
  publishableKey: 'pk_soak_of_the_fuzzer',
  secretKey: 'sk_soak_of_the_fuzzer',
  tokenSecret: 'token-soak-of-the-fuzzer',
  ingestSecret: 'ingest-soak-of-the-fuzzer',
};

/**
 * Changed and made-up requests to every route of edge and backend, from a seed. None may be answered 5xx, hang or end a
 * process, a refusal has a code and a message and tells nothing of the inside, and afterwards the system still ranks.
 */
export const soakFuzz: SoakForm = async ({ minutes, seed, say }) => {
  const random = seededRandom(seed);
  const system = await startSystem({ keys: KEYS });
  const statuses = new Map<string, number>();
  const failures = new Map<string, number>();
  let [sent, cut] = [0, 0];
  const state = { isOver: false };
  try {
    const trips = demoCatalogue(ITEMS, seed, Date.now());
    await putItems(system, trips);
    const source = await fuzzSource(system, seed);
    const endMs = endOf({ minutes });
    const pids = () => `${system.edge.pid()} ${system.backend.pid()}`;
    const before = pids();
    const worker = async () => {
      while (!state.isOver && performance.now() < endMs) {
        const asked = fuzzRequest(random, source);
        let answer = await sendFuzz(system, asked);
        if (isBroken(answer)) {
          // On a busy machine a server may give up on a connection. What breaks it by its bytes does so again.
          cut++;
          answer = await sendFuzz(system, asked);
        }
        const kind = 'failed' in answer ? answer.failed : `${Math.floor(answer.status / 100)}xx`;
        statuses.set(kind, (statuses.get(kind) ?? 0) + 1);
        const fault = faultOf(asked, answer);
        if (fault !== undefined) {
          const times = (failures.get(fault) ?? 0) + 1;
          failures.set(fault, times);
          if (times <= EACH_KIND) say(`${fault}\n  ${textOf(answer)}\n  ${toLine(asked)}`);
        }
        if (++sent % SAY_EVERY === 0) say(`${sent} requests: ${countsOf(statuses)}`);
      }
    };
    const workers = Array.from({ length: IN_FLIGHT }, worker);
    // A worker that throws ends the run, and no other may go on while the system ends.
    try {
      await Promise.all(workers);
    } finally {
      state.isOver = true;
      await Promise.allSettled(workers);
    }
    const broken = [...failures].map(([fault, times]) => `${times} × ${fault}`);
    if (before !== pids()) broken.push('a process ended');
    broken.push(...(await afterwards(system, trips)));
    return { figures: `${sent} requests: ${countsOf(statuses)}; ${cut} sent twice`, broken };
  } finally {
    await system.stop();
  }
};

/** Sends one printed request to a system of its own. */
export async function replayFuzz(line: string): Promise<string> {
  const system = await startSystem({ keys: KEYS });
  try {
    await putItems(system, demoCatalogue(ITEMS, 1, Date.now()));
    const asked = fromLine(line);
    const answer = await sendFuzz(system, asked);
    return `${textOf(answer)}\n${faultOf(asked, answer) ?? 'nothing is wrong with it'}`;
  } finally {
    await system.stop();
  }
}

/** The fault in words that are the same for the same fault; undefined where there is none. */
function faultOf({ to, method, path, body }: FuzzRequest, answer: FuzzAnswer): string | undefined {
  const route = `${to} ${method} ${path.split(/[?#]/)[0].slice(0, 60)}`;
  if ('failed' in answer) {
    const isCut = isBroken(answer) && (body?.length ?? 0) > MAY_BE_CUT_SHORT;
    return isCut ? undefined : `${answer.failed}: ${route}`;
  }
  const { status, text } = answer;
  if (status >= 500) return `${status}: ${route}`;
  if (status < 400) return undefined;
  if (/\.[jt]s:\d|\\n\s+at |node_modules|SQLITE|libsql/.test(text))
    return `tells of the inside: ${route}`;
  return isProblem(text) ? undefined : `${status} without code and message: ${route}`;
}

function isProblem(text: string): boolean {
  try {
    const { code, message } = JSON.parse(text) as { code?: unknown; message?: unknown };
    return typeof code === 'string' && typeof message === 'string';
  } catch {
    return false;
  }
}

async function afterwards(system: System, trips: readonly { readonly id: string }[]) {
  const broken: string[] = [];
  const promised = async (what: string, look: () => Promise<boolean>) => {
    await until(what, look).catch((error: Error) =>
      broken.push(`${error.message}: ${messageOf(error.cause)}`),
    );
  };
  const { backend, keys } = system;
  await promised(
    'the backend is ready',
    async () => (await backend.ask('/health/ready')).status === 200,
  );
  const { status } = await backend.ask('/v1/items', {
    method: 'PUT',
    key: keys.secretKey,
    body: trips,
  });
  if (status !== 200) broken.push(`afterwards the catalogue is answered ${status}`);
  await promised('the edge ranks the catalogue, and not from the last good answer', async () => {
    const { items, degraded } = await rank(system, { sessionId: 'afterwards', limit: 8 });
    return items.length === 8 && !degraded;
  });
  await Promise.all([system.edge.stop(), backend.stop()]);
  return [...broken, ...(await damagedDatabases(system.directory))];
}

const isBroken = (answer: FuzzAnswer): boolean =>
  'failed' in answer && /ECONNRESET|EPIPE/.test(answer.failed);

const textOf = (answer: FuzzAnswer): string =>
  'failed' in answer ? answer.failed : `${answer.status} ${answer.text.slice(0, 400)}`;

const countsOf = (counts: ReadonlyMap<string, number>): string =>
  [...counts]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([kind, times]) => `${times} ${kind}`)
    .join(', ');
