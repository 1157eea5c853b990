import { invalid } from './errors.ts';
import { shown } from './shown.ts';

/**
 * What a visitor agreed to. `none`: the ranking is logged without session and user, and nothing about a person is measured or
 * learned from it. `measure`: what the visitor does is measured and learned from. `personalise`: what the visitor did earlier
 * may also be used to rank for them.
 */
export const CONSENTS = ['none', 'measure', 'personalise'] as const;
export type Consent = (typeof CONSENTS)[number];

export const DEFAULT_CONSENT: Consent = 'measure';

export const isConsent = (value: unknown): value is Consent =>
  (CONSENTS as readonly unknown[]).includes(value);

/** @throws ApiError 400. */
export function parseConsent(value: unknown): Consent {
  if (isConsent(value)) return value;
  throw invalid(`consent must be one of ${CONSENTS.join(', ')}, but was ${shown(value)}`);
}
