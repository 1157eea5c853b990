import { openDevice } from './device.ts';
import { eventQueue } from './event-queue.ts';
import { heldRankings } from './held-rankings.ts';
import { visitorHistory } from './history.ts';
import { newId } from './new-id.ts';
import { observe } from './observe.ts';
import { posting } from './post.ts';
import { visitorSession } from './session.ts';
import type {
  About,
  Client,
  ClientError,
  ClientOptions,
  Consent,
  EventType,
  RankQuery,
  Ranked,
  Ranking,
} from './types.ts';
import { visitContext } from './visit-context.ts';

const TIMEOUT_MS = 1000;
const MOST_RANKED = 100;
const CONSENT = 'c';
const OFFSET = 'o';
/** Tokens of what is to be erased. */
const ERASED = 'f';

/** Does nothing by itself but send what an earlier page left; on a server not even that. */
export function createClient(options: ClientOptions): Client {
  const { key, onError = () => {} } = options;
  const url = options.url.replace(/\/+$/, '');
  const page: Document | undefined = globalThis.document;
  const device = openDevice();
  /** What to add to the device's clock, ms. */
  let offsetMs = Number(device.get(OFFSET)) || 0;
  const now = () => Date.now() + offsetMs;
  const post = posting(url, key);
  const rankings = heldRankings(device, now);
  const queue = eventQueue(device, rankings, post, now, onError);
  const history = visitorHistory(device, now);
  const session = visitorSession(device, now);
  const ranked = new Set<() => void>();
  let given = options.consent ?? (device.get(CONSENT) as Consent | null) ?? 'none';

  const consent = (): Consent =>
    (globalThis.navigator as { globalPrivacyControl?: boolean } | undefined)?.globalPrivacyControl
      ? 'none'
      : given;

  /** All but what is still to be erased. */
  const clear = () => {
    rankings.clear();
    for (const name of device.names('')) if (name !== ERASED) device.remove(name);
  };

  const setConsent = (said: Consent) => {
    given = said;
    if (consent() === 'none') clear();
    else {
      device.set(CONSENT, said);
      if (said === 'measure') history.clear();
    }
  };

  function adopt(ranking: Ranking): void {
    if (!ranking.ranked || ranking.consent === 'none' || consent() === 'none') return;
    rankings.hold(ranking, true);
    for (const tell of ranked) tell();
  }

  function track(
    type: EventType,
    { itemId, rankingId, value, properties, eventId }: About = {},
  ): boolean {
    const held =
      consent() !== 'none' && (rankingId ? rankings.get(rankingId) : rankings.find(itemId));
    const slot = held && itemId ? held.items.indexOf(itemId) : 0;
    if (!held || slot < 0) return false;
    const position = itemId ? slot + 1 : undefined;
    queue.add({
      // An item is seen once in a ranking, however often the page says so.
      eventId: eventId ?? (type === 'impression' ? `i${position}` : newId()),
      type,
      rankingId: held.id,
      itemId,
      position,
      value,
      properties,
      timestamp: now(),
    });
    if (type === 'click') rankings.use(held);
    if (itemId && given === 'personalise') history.touch(type, itemId);
    // A page that is being left sends at once.
    if (page?.visibilityState === 'hidden') void queue.flush();
    return true;
  }

  async function rank(query: RankQuery = {}): Promise<Ranking> {
    const { candidates, preferences = {}, timeoutMs = options.timeoutMs ?? TIMEOUT_MS } = query;
    const own = page && consent() !== 'none' ? session() : undefined;
    const sessionId = query.sessionId ?? options.sessionId ?? own?.id;
    // A ranking without a session cannot be measured, and a server does not know whose it is.
    const agreed = sessionId ? consent() : 'none';
    const isPersonal = agreed === 'personalise';
    const { recent = isPersonal ? history.asSent() : undefined } = query;
    const isMeasured = agreed !== 'none';
    const startedAt = performance.now();
    const waited = () => Math.round(performance.now() - startedAt);

    const answered = post('/v1/rank', {
      consent: agreed,
      ...(isMeasured && { sessionId, userId: query.userId ?? options.userId }),
      placement: query.placement ?? options.placement,
      preferences,
      context: {
        ...visitContext(),
        ...(own && { visitor: own.visitor }),
        ...options.context,
        ...query.context,
      },
      ...(isPersonal && { demographics: query.demographics ?? options.demographics }),
      ...(isMeasured && { recent }),
      candidates,
      limit: query.limit ?? (candidates && Math.min(candidates.length, MOST_RANKED)),
      explain: query.explain,
      ...(Array.isArray(recent) && { sentAt: Date.now() }),
    }).then(({ status, body }): Ranking => {
      if (status !== 200) return ownOrder(body);
      const ranking: Ranked = { ...body, ranked: true, consent: agreed };
      if (isMeasured && consent() !== 'none') {
        // Half of the time passed before the edge ranked. Pages to come date by the same clock.
        offsetMs = Math.round(ranking.at - Date.now() + waited() / 2);
        device.set(OFFSET, `${offsetMs}`);
      }
      return ranking;
    });
    const ownOrder = (error: ClientError): Ranking => ({
      ranked: false,
      consent: agreed,
      items: (candidates ?? []).map((candidate, i) => ({
        id: typeof candidate === 'string' ? candidate : candidate.id,
        position: i + 1,
      })),
      error,
    });
    let timer: ReturnType<typeof setTimeout>;
    const timeout = new Promise<Ranking>((resolve) => {
      timer = setTimeout(
        () => resolve(ownOrder({ code: 'timeout', message: `no ranking within ${timeoutMs} ms` })),
        timeoutMs,
      );
    });
    const time = (ranking: Ranking, isShown: boolean) => {
      if (!ranking.ranked || !isMeasured || consent() === 'none') return;
      if (isShown) adopt(ranking);
      else rankings.hold(ranking, false);
      track('timing', {
        rankingId: ranking.rankingId,
        eventId: 't',
        value: waited(),
        ...(!isShown && { properties: { late: true } }),
      });
    };

    const ranking = await Promise.race([answered, timeout]);
    clearTimeout(timer!);
    if (ranking.ranked) time(ranking, true);
    else {
      onError(ranking.error);
      if (ranking.error.code === 'timeout') void answered.then((late) => time(late, false));
    }
    if (isPersonal) history.search(preferences);
    return ranking;
  }

  async function erase(): Promise<boolean> {
    const tokens = device.get(ERASED);
    if (!tokens) return true;
    const { status } = await post('/v1/forget', { tokens: JSON.parse(tokens) });
    if (status === 202) device.remove(ERASED);
    return status === 202;
  }

  async function forget(): Promise<boolean> {
    const waiting: string[] = JSON.parse(device.get(ERASED) || '[]');
    const tokens = [...waiting, ...rankings.all().map(({ token }) => token)];
    if (tokens.length) device.set(ERASED, JSON.stringify(tokens));
    given = 'none';
    clear();
    return erase();
  }

  if (consent() === 'none') clear();
  if (page) {
    void erase();
    const held = rankings.all()[0];
    // Events of earlier pages, of tabs that were closed, and of times without a network.
    if (held) void queue.flush();
    const leave = () => void queue.flush();
    page.addEventListener('visibilitychange', leave);
    for (const type of ['pagehide', 'pageshow', 'online']) addEventListener(type, leave);
    addEventListener('storage', ({ key: name, newValue }) => {
      // Another tab was told.
      if (name === `trimtab:${CONSENT}`) {
        given = (newValue as Consent | null) ?? 'none';
        if (given === 'none') clear();
      }
    });
  }

  return {
    get consent() {
      return consent();
    },
    setConsent,
    rank,
    adopt,
    track,
    observe: (root = page) => (root ? observe(root, { track, onRanked: ranked }) : () => {}),
    flush: queue.flush,
    forget,
  };
}
