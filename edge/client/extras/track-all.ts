import type { Client } from '../types.ts';
import { trackFeatures } from './feature-use.ts';
import { trackForms } from './form-progress.ts';
import { trackPointer } from './pointer-activity.ts';
import { trackScroll } from './scroll-depth.ts';

/** Starts all trackers of this entry. @returns stops them. */
export function trackAll(client: Client): () => void {
  const stops = [trackScroll, trackPointer, trackForms, trackFeatures].map((track) =>
    track(client),
  );
  return () => stops.forEach((stop) => stop());
}
