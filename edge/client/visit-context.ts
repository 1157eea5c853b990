import type { RequestContext } from './types.ts';

/** From this width of the smaller side on, in CSS pixels, what is touched is a tablet. */
const TABLET = 600;

/** Coarse facts about the visit: the class of the device, and by how much its time differs from UTC. Nothing on a server. */
export function visitContext(): RequestContext {
  if (!globalThis.document) return {};
  const isTouched = matchMedia('(pointer: coarse)').matches;
  const isWide = Math.min(screen.width, screen.height) >= TABLET;
  return {
    device: isTouched ? (isWide ? 'tablet' : 'mobile') : 'desktop',
    utcOffsetMinutes: -new Date().getTimezoneOffset(),
  };
}
