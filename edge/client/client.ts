import { CONSENT, ERASED, OFFSET, openDevice, PREFIX } from './device.ts';
import { eventQueue } from './event-queue.ts';
import { heldRankings } from './held-rankings.ts';
import { visitorHistory } from './history.ts';
import { MOST_RANKED, RANK_TIMEOUT_MS } from './limits.ts';
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

/** Does nothing by itself but send what an earlier page left; on a server not even that. */
export function createClient(options: ClientOptions): Client {
  const { onError = () => {} } = options;
  const url = options.url.replace(/\/+$/, '');
  const page: Document | undefined = globalThis.document;
  const device = openDevice();
  let offsetMs = Number(device.get(OFFSET)) || 0;
  const now = () => Date.now() + offsetMs;
  const post = posting(url, options);
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

  const mayTrack = () => consent() !== 'none';

  /** All but what is still to be erased. */
  const clear = () => {
    rankings.clear();
    for (const name of device.names('')) if (name !== ERASED) device.remove(name);
  };

  const setConsent = (said: Consent) => {
    given = said;
    if (said === 'measure') history.clear();
    if (mayTrack()) device.set(CONSENT, said);
    else clear();
  };

  const show = (ranking: Ranked) => {
    rankings.hold(ranking, true);
    for (const tell of ranked) tell();
  };

  function adopt(ranking: Ranking): void {
    if (ranking.ranked && ranking.consent !== 'none' && mayTrack()) show(ranking);
  }

  function track(type: EventType, about: About = {}): boolean {
    const { itemId, rankingId } = about;
    const held =
      mayTrack() && (rankingId === undefined ? rankings.find(itemId) : rankings.get(rankingId));
    const slot = held && itemId ? held.items.indexOf(itemId) : 0;
    if (!held || slot < 0) return false;
    const position = itemId ? slot + 1 : undefined;
    queue.add({
      // An item is seen once in a ranking, however often the page says so.
      eventId: type === 'impression' ? `i${position}` : newId(),
      ...about,
      type,
      rankingId: held.id,
      position,
      timestamp: now(),
    });
    if (type === 'click') rankings.use(held);
    if (itemId && given === 'personalise') history.touch(type, itemId);
    // A page that is being left sends at once.
    if (page?.hidden) void queue.flush();
    return true;
  }

  async function rank(query: RankQuery = {}): Promise<Ranking> {
    const {
      candidates,
      preferences = {},
      timeoutMs = options.timeoutMs ?? RANK_TIMEOUT_MS,
    } = query;
    const own = page && mayTrack() ? session() : undefined;
    const sessionId = query.sessionId ?? options.sessionId ?? own?.id;
    // A ranking without a session cannot be measured, and a server does not know whose it is.
    const agreed = sessionId ? consent() : 'none';
    const isMeasured = agreed !== 'none';
    const isPersonal = agreed === 'personalise';
    const { recent = isPersonal ? history.asSent() : undefined } = query;
    const startedAt = performance.now();
    let isLate = false;

    const ownOrder = (error: ClientError): Ranking => {
      onError(error);
      return {
        ranked: false,
        consent: agreed,
        items: (candidates ?? []).map((candidate, i) => ({
          id: (candidate as { id?: string }).id ?? (candidate as string),
          position: i + 1,
        })),
        error,
      };
    };
    const ask = async (): Promise<Ranking> => {
      const ifMeasured = <T>(value: T) => (isMeasured ? value : undefined);
      const { status, body } = await post('/v1/rank', {
        ...query,
        timeoutMs: undefined,
        consent: agreed,
        sessionId: ifMeasured(sessionId),
        userId: ifMeasured(query.userId ?? options.userId),
        userSignature: ifMeasured(query.userSignature ?? options.userSignature),
        recent: ifMeasured(recent),
        demographics: isPersonal ? (query.demographics ?? options.demographics) : undefined,
        placement: query.placement ?? options.placement,
        preferences,
        context: { ...visitContext(), visitor: own?.visitor, ...options.context, ...query.context },
        limit: query.limit ?? (candidates && Math.min(candidates.length, MOST_RANKED)),
        sentAt: Array.isArray(recent) ? Date.now() : undefined,
      });
      if (status !== 200) return ownOrder(body);
      const ranking: Ranked = { ...body, ranked: true, consent: agreed };
      if (isMeasured && mayTrack()) {
        const value = Math.round(performance.now() - startedAt);
        // Half of the time passed before the edge ranked. Pages to come date by the same clock.
        offsetMs = Math.round(ranking.at - Date.now() + value / 2);
        device.set(OFFSET, `${offsetMs}`);
        if (isLate) rankings.hold(ranking, false);
        else show(ranking);
        track('timing', {
          rankingId: ranking.rankingId,
          eventId: 't',
          value,
          properties: isLate ? { late: true } : undefined,
        });
      }
      return ranking;
    };
    let timer: ReturnType<typeof setTimeout>;
    const timeout = new Promise<Ranking>((resolve) => {
      timer = setTimeout(() => {
        isLate = true;
        resolve(ownOrder({ code: 'timeout', message: 'no ranking in time' }));
      }, timeoutMs);
    });
    const ranking = await Promise.race([ask(), timeout]);
    clearTimeout(timer!);
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

  if (!mayTrack()) clear();
  if (page) {
    void erase();
    const leave = () => void queue.flush();
    // Events of earlier pages, of tabs that were closed, and of times without a network.
    leave();
    for (const type of ['visibilitychange', 'pagehide', 'pageshow', 'online'])
      addEventListener(type, leave);
    addEventListener('storage', ({ key: name, newValue }) => {
      // Another tab was told.
      if (name === PREFIX + CONSENT) {
        given = (newValue as Consent | null) ?? 'none';
        if (!mayTrack()) clear();
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
    observe: (root = page) =>
      root ? observe(root, { track, rankings, onRanked: ranked }) : () => {},
    flush: queue.flush,
    forget,
  };
}
