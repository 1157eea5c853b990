import { RULES_VERSION } from '../../shared/domain/ids.ts';
import { dayOf } from '../../shared/domain/utc-day.ts';
import { agreementOf, type Agreement } from '../science/evaluation/kept-order/agreement.ts';
import { examinedGain, type ExaminedGain } from '../science/evaluation/kept-order/examined-gain.ts';
import type { KeptSlate } from '../science/evaluation/kept-order/kept-slate.ts';
import { orderQuality, type OrderQuality } from '../science/evaluation/kept-order/order-quality.ts';

/** The two orders over some rankings. */
export interface OrderFigures {
  readonly agreement: Agreement;
  readonly quality: OrderQuality;
  readonly gain: ExaminedGain;
}

/** One UTC day, by the versions that were champion on it, each of which had learned from the days before. */
export interface ApprenticeDay {
  readonly day: string;
  readonly versions: readonly string[];
  readonly agreement: Agreement;
  readonly quality: OrderQuality;
}

export interface ApprenticeFigures {
  readonly champion: string;
  /** Rankings that the present champion scored: what it would have done, on visitors that it had not learned from. */
  readonly now: OrderFigures;
  /** Of all versions in the window. */
  readonly all: OrderFigures;
  readonly days: readonly ApprenticeDay[];
}

/** Each ranking is compared with the version that was live then, so that none is judged by what it was fitted to. */
export function apprenticeFigures(
  slates: readonly KeptSlate[],
  champion: string,
): ApprenticeFigures {
  const own = slates.filter(({ version }) => version === champion);
  const all = figuresOf(slates);
  const byDay = Map.groupBy(slates, ({ at }) => dayOf(at));
  return {
    champion,
    now: own.length === slates.length ? all : figuresOf(own),
    all,
    days: [...byDay].map(([day, ofDay]) => ({
      day,
      versions: [...new Set(ofDay.map(({ version }) => version))].toSorted(),
      agreement: agreementOf(ofDay),
      quality: orderQuality(ofDay),
    })),
  };
}

const figuresOf = (slates: readonly KeptSlate[]): OrderFigures => ({
  agreement: agreementOf(slates),
  quality: orderQuality(slates),
  gain: examinedGain(slates),
});

/** How far an apprentice is. */
export type Readiness = 'nothing learned' | 'not known' | 'not better' | 'ready';

/** By the version that would rank. Only what visitors do who are split between the two orders is more than an estimate. */
export function readinessOf({ champion, now: { gain } }: ApprenticeFigures): Readiness {
  if (champion === RULES_VERSION) return 'nothing learned';
  if (gain.kind === 'refused') return 'not known';
  return gain.lift.low > 0 ? 'ready' : 'not better';
}
