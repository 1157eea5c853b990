import type { Client } from '../types.ts';
import { onLeaving } from './leaving.ts';

/** Records how much of the page came into view, 0 to 1, when it is left, each time that it became more. @returns stops it. */
export function trackScroll(client: Client): () => void {
  let deepest = 0;
  let reported = 0;
  const measure = () => {
    const { scrollHeight } = document.documentElement;
    const share = Math.min(1, (scrollY + innerHeight) / scrollHeight);
    deepest = Math.max(deepest, Math.round(share * 100) / 100);
  };
  const stopLeaving = onLeaving(() => {
    measure();
    if (deepest > reported && client.track('scroll_depth', { value: deepest })) reported = deepest;
  });
  addEventListener('scroll', measure, { passive: true });
  return () => {
    removeEventListener('scroll', measure);
    stopLeaving();
  };
}
