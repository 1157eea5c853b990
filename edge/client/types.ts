import type { Consent } from '../../shared/domain/consent.ts';
import type { EventType, FeedbackEvent } from '../../shared/domain/event.ts';
import type { Filter } from '../../shared/domain/filter.ts';
import type { AttributeValue } from '../../shared/domain/item.ts';
import type { Preferences } from '../../shared/domain/preferences.ts';
import type { Interaction, RequestContext } from '../../shared/domain/rank-request.ts';
import type { SlateRules } from '../../shared/domain/slate-rules.ts';
import type { TouchType, VisitorHistory } from '../../shared/domain/visitor-history.ts';
import type { AnsweredItem } from '../../shared/score/answered-item.ts';
import type { RankAnswer } from '../../shared/score/rank-answer.ts';

export type { AttributeValue, Consent, EventType, Filter, Preferences, RequestContext, TouchType };

/** What the edge knows by ids of several kinds, pages write as plain texts. */
type Plain<T> = T extends string & { readonly __brand: string }
  ? string
  : T extends readonly (infer E)[]
    ? readonly Plain<E>[]
    : T extends object
      ? { readonly [K in keyof T]: Plain<T[K]> }
      : T;

/** What the device remembers of earlier visits, as it is sent with consent to personalise. */
export type History = Partial<Plain<VisitorHistory>>;

/** A feedback event as it waits: its token is looked up when it is sent. */
export type WaitingEvent = Omit<Plain<FeedbackEvent>, 'token'>;

export interface ClientError {
  /** `timeout`, `unreachable`, or the code of the Worker's answer. */
  readonly code: string;
  readonly message: string;
}

/** W3C Trace Context, as propagators of OpenTelemetry write it. */
export interface TraceHeaders {
  readonly traceparent?: string;
  readonly tracestate?: string;
}

export interface ClientOptions {
  /** Where the Worker is, such as `https://rank.example.com`. */
  readonly url: string;
  /** A publishable key. */
  readonly key: string;
  /** What the visitor agreed to, where the page knows it; else what `setConsent` was told on this device; else `none`. */
  readonly consent?: Consent;
  /** A pseudonymous id of who is logged in. It is sent with consent only. */
  readonly userId?: string;
  /** What the site's server signed of `sessionId` and `userId`. */
  readonly userSignature?: string;
  /** Else the client makes one. On a server each `rank` names its own. */
  readonly sessionId?: string;
  /** Where the rankings are shown; else `main`. */
  readonly placement?: string;
  /** How long a ranking is waited for, ms; else 1000. */
  readonly timeoutMs?: number;
  /** Goes with each ranking (`market` names one of the catalogue, which stands for a currency and a language), beside `device`, `utcOffsetMinutes` and `visitor`, which the client knows by itself. */
  readonly context?: RequestContext;
  /** Who the visitor is, such as their age group. It is sent with consent to personalise only. */
  readonly demographics?: RequestContext;
  /** Of which trace the page is: goes with each request, as it is. A server makes a client for each request that it traces. */
  readonly trace?: TraceHeaders;
  /** Is told what was refused or could not be reached. The page goes on whatever it says. */
  readonly onError?: (error: ClientError) => void;
}

export interface RankQuery {
  readonly preferences?: Preferences;
  /** In the page's own order; left out: the whole catalogue. */
  readonly candidates?: readonly Candidate[];
  /** Which items may be shown, exactly. */
  readonly filters?: Filter;
  /** Which items may not. */
  readonly exclude?: readonly string[];
  /** What the list keeps to besides being of the best. */
  readonly slateRules?: Plain<SlateRules>;
  /** Items that others are to be like, such as that of the page: their neighbours are ranked in place of the whole catalogue. */
  readonly related?: string | { readonly to: string | readonly string[] };
  /** Asks for a cursor, by which the next page comes. */
  readonly paging?: boolean;
  /** Of the page before. */
  readonly cursor?: string;
  /** Else as many as there are candidates, at most 100; 20 of the catalogue. */
  readonly limit?: number;
  /** Columns of prices whose amounts each item is to have. */
  readonly amounts?: readonly string[];
  /** Of amounts that name none, such as `USD`; else that of the market. */
  readonly currency?: string;
  /** Of reasons, such as `de-AT` or `navigator.language`; else that of the market. */
  readonly language?: string;
  /** Asks for the reasons of each score. */
  readonly explain?: boolean;
  readonly placement?: string;
  readonly context?: RequestContext;
  readonly demographics?: RequestContext;
  /** In place of what the device remembers. */
  readonly recent?: readonly Plain<Interaction>[] | History;
  readonly sessionId?: string;
  readonly userId?: string;
  /** Of the `sessionId` and `userId` of this very query. */
  readonly userSignature?: string;
  readonly timeoutMs?: number;
}

/** An item's id, or the item with attributes that hold for this ranking. */
export type Candidate =
  | string
  | { readonly id: string; readonly [attribute: string]: AttributeValue | undefined };

/** Score, propensity and reasons are absent in the page's own order. */
export type RankedItem = Pick<Plain<AnsweredItem>, 'id' | 'position'> &
  Partial<Plain<AnsweredItem>>;

/** A ranking that Trimtab made. */
export interface Ranked extends Omit<Plain<RankAnswer>, 'items'> {
  readonly ranked: true;
  /** Under which it was made. */
  readonly consent: Consent;
  readonly items: readonly RankedItem[];
  readonly error?: undefined;
}

/** The page's own order, as no ranking came in time. */
export interface OwnOrder {
  readonly ranked: false;
  readonly consent: Consent;
  readonly items: readonly RankedItem[];
  readonly error: ClientError;
  readonly rankingId?: undefined;
  readonly token?: undefined;
}

export type Ranking = Ranked | OwnOrder;

/** What an event is about. */
export interface About {
  readonly itemId?: string;
  /** Else the newest ranking that has the item, or of an event without one, the newest. */
  readonly rankingId?: string;
  /** Its unit depends on the type. */
  readonly value?: number;
  readonly properties?: FeedbackEvent['properties'];
  /** An event of a ranking that is recorded again under the same id counts once. Else each is new. */
  readonly eventId?: string;
}

/** Its functions need no `this`: they may be taken apart. */
export interface Client {
  /** What is in force: `none` under Global Privacy Control, whatever the visitor or the page said. */
  readonly consent: Consent;
  /** Remembers it on the device, for the pages to come; `none` clears the device. */
  readonly setConsent: (consent: Consent) => void;
  /** Never fails: where no ranking comes in time, the candidates stay in the page's own order. */
  readonly rank: (query?: RankQuery) => Promise<Ranking>;
  /** Takes over a ranking that was made elsewhere, such as by the server that rendered the page. */
  readonly adopt: (ranking: Ranking) => void;
  /**
   * Records what the visitor did with a ranking.
   * @returns false where nothing was recorded: there is no consent, or no ranking that it could be about.
   */
  readonly track: (type: EventType, about?: About) => boolean;
  /**
   * Records impressions, clicks, dwell and actions of elements with `data-trimtab-…`, also of those that come later.
   * @returns stops it.
   */
  readonly observe: (root?: Document | Element) => () => void;
  /** Sends what waits. It is sent by itself as well. */
  readonly flush: () => Promise<void>;
  /**
   * Clears the device, and erases at Trimtab what was logged of the sessions whose rankings the device knew, while nobody was logged in.
   * @returns whether Trimtab has taken the erasure; where it could not be reached, it is asked again when the next page loads.
   */
  readonly forget: () => Promise<boolean>;
}
