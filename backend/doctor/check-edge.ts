import { randomBytes } from 'node:crypto';
import { proofOf, type EdgeCheck } from '../../shared/domain/edge-check.ts';
import { identityKey } from '../../shared/domain/identity.ts';
import { RELEASE } from '../../shared/domain/release.ts';
import { duration } from '../../shared/text/text.ts';
import { reasonOf } from '../process/logger.ts';
import { ok, problem, warning, type Check } from './check.ts';

export interface EdgeAccess {
  readonly edgeUrl: string;
  readonly secretKeys: readonly string[];
  readonly ingestSecrets: readonly string[];
  readonly identitySecrets: readonly string[];
  /** The bucket of the log, where there is one. */
  readonly logStore: object | undefined;
}

const TIMEOUT_MS = 15_000;
/** Signatures of batches are accepted for some minutes, so that this is far from where anything breaks. */
const CLOCK_WARNS_MS = 2000;
const CLOCK_FAILS_MS = 60_000;
/** What a shard gathers between two deliveries of a busy site is far less. */
const MUCH_BYTES = 16 * 1024 * 1024;
const DEPLOY = '"npm run deploy" (docs/operating.md#deploy)';

/** Where something answers that is no edge. */
export const EDGE_REMEDY = 'set TRIMTAB_EDGE_URL to where the edge is';

/**
 * Asks the edge, and compares: whether it answers, knows the same secrets, tells the same time, and delivers what it keeps.
 * @throws Error where what answers is no edge.
 */
export async function checkEdge(access: EdgeAccess, nowMs: () => number): Promise<Check[]> {
  const { edgeUrl, secretKeys } = access;
  const nonce = randomBytes(18).toString('base64url');
  const beganMs = nowMs();
  let response: Response;
  let text: string;
  try {
    response = await fetch(`${edgeUrl}/v1/check?nonce=${nonce}`, {
      headers: { authorization: `Bearer ${secretKeys[0]}` },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    text = await response.text();
  } catch (error) {
    return [
      problem(
        'edge',
        `${edgeUrl} does not answer (${reasonOf(error)}): visitors get no rankings from there, and nothing is published`,
        'start it ("npm start"), or set TRIMTAB_EDGE_URL to where it is',
      ),
    ];
  }
  if (response.status === 401 || response.status === 403)
    return [
      problem(
        'keys: secret key',
        'the edge does not take the backend’s secret key: nothing can be published',
        'give both the same key (SECURITY.md#rotating)',
      ),
    ];
  if (response.status === 404)
    return [
      warning('versions: edge', 'the edge is of a version that cannot tell how it is', DEPLOY),
    ];
  if (!response.ok)
    return [problem('edge', `it answered ${response.status}: ${text.slice(0, 200)}`, DEPLOY)];
  const said = JSON.parse(text) as EdgeCheck;
  return [
    ok('edge', `${edgeUrl} answers`),
    ok('keys: secret key', 'the edge takes the backend’s'),
    ...checkSecrets(said, access, nonce),
    checkClock('clocks: edge', 'the edge’s', said.nowMs, beganMs, nowMs()),
    checkLogPath(said, access),
    ...checkEventLog(said),
    checkLiveWeights(said),
    said.release === RELEASE
      ? ok('versions: edge', `edge and backend are of ${RELEASE}`)
      : warning(
          'versions: edge',
          `the edge is of ${said.release}, and the backend of ${RELEASE}: adjacent versions work together, others may not`,
          DEPLOY,
        ),
  ];
}

function checkSecrets(
  { secrets }: EdgeCheck,
  { ingestSecrets, identitySecrets }: EdgeAccess,
  nonce: string,
): Check[] {
  const ingest = ingestSecrets.map((secret) => proofOf(secret, nonce));
  const identity = identitySecrets.map((secret) => identityKey(secret).fingerprint);
  return [
    ingest.includes(secrets.ingest[0])
      ? ok('keys: ingest secret', 'edge and backend have the same')
      : problem(
          'keys: ingest secret',
          'the backend does not have the secret that the edge signs with: the edge keeps everything and cannot deliver it',
          'give both the same INGEST_SECRET and TRIMTAB_INGEST_SECRET (SECURITY.md#rotating)',
        ),
    secrets.identity[0] === identity[0]
      ? ok('keys: identity secret', 'edge and backend have the same')
      : problem(
          'keys: identity secret',
          'edge and backend key the ids of people by different secrets: deletions and outcomes do not find visitors',
          'give both the same IDENTITY_SECRET and TRIMTAB_IDENTITY_SECRET ("trimtab keys --identity-secret")',
        ),
  ];
}

/** @param fromMs when it was asked, @param toMs when it had answered, by this machine's clock: in between it told its time. */
export function checkClock(
  name: string,
  whose: string,
  toldMs: number,
  fromMs: number,
  toMs: number,
): Check {
  const off = Math.max(fromMs - toldMs, toldMs - toMs, 0);
  const found = `${whose} clock is ${off === 0 ? 'the same' : `${duration(off)} ${toldMs < fromMs ? 'behind' : 'ahead'}`}`;
  if (off < CLOCK_WARNS_MS) return ok(name, found);
  const remedy = 'let NTP set both machines’ clocks ("timedatectl set-ntp true")';
  return off < CLOCK_FAILS_MS
    ? warning(name, `${found}: times of the log are off by that`, remedy)
    : problem(name, `${found}: batches may be refused, and days close at the wrong time`, remedy);
}

function checkLogPath({ logPath = 'backend' }: EdgeCheck, { logStore }: EdgeAccess): Check {
  const name = 'path of the log';
  if (logPath === 'backend') return ok(name, 'the edge sends batches to the backend');
  return logStore !== undefined
    ? ok(name, 'the edge puts batches into a bucket, and this backend has one to take them from')
    : problem(
        name,
        'the edge puts batches into a bucket, and this backend knows of none: nothing of its log arrives here',
        'set TRIMTAB_LOG_STORE to that bucket, or LOG_PATH to backend (docs/at-scale.md#the-log-through-a-bucket)',
      );
}

function checkEventLog({ eventLog }: EdgeCheck): Check[] {
  const silent = eventLog.flatMap((one) =>
    'problem' in one ? [`shard ${one.shard}: ${one.problem}`] : [],
  );
  const waiting = eventLog.flatMap((one) => ('problem' in one ? [] : [one]));
  const bytes = waiting.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const attempts = Math.max(0, ...waiting.map((one) => one.attempts));
  const name = 'Durable Objects: EventLog';
  if (silent.length > 0)
    return [
      problem(
        name,
        `${silent.length} of ${eventLog.length} shards do not answer (${silent[0]}): what they should keep is lost or refused`,
        'look at https://www.cloudflarestatus.com, and at the Worker’s log ("npx wrangler tail")',
      ),
    ];
  const found = `${eventLog.length} shards answer, and ${Math.ceil(bytes / 1024)} KiB wait to be delivered`;
  if (attempts >= 3 || bytes >= MUCH_BYTES)
    return [
      warning(
        name,
        `${found}${attempts > 0 ? `, after up to ${attempts} tries` : ''}: the log of the backend is behind`,
        'the edge has to reach the backend at BACKEND_URL, or its bucket where LOG_PATH is store; "trimtab status" says when a batch came last',
      ),
    ];
  return [ok(name, found)];
}

function checkLiveWeights({ liveWeights: { cell, adopted, problem: why } }: EdgeCheck): Check {
  const name = 'Durable Objects: LiveWeights';
  if (!adopted)
    return problem(
      name,
      `that of ${cell} has no weights (${why ?? 'nothing was published yet'}): visitors are ranked by the bundled rules`,
      '"trimtab status" says what is live; a backend that runs publishes it',
    );
  return why === undefined
    ? ok(name, `that of ${cell} has adopted what is live`)
    : warning(
        name,
        `that of ${cell} goes on with what it had: ${why}`,
        '"trimtab status" says what is live',
      );
}
