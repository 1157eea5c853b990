import type { Client } from '../types.ts';

/** Records each click on an element with `data-trimtab-feature="name"`, such as a map or a filter of the page. @returns stops it. */
export function trackFeatures(client: Client): () => void {
  const clicked = (event: Event) => {
    const feature = (event.composedPath() as HTMLElement[]).find(
      (element) => element.dataset?.trimtabFeature,
    )?.dataset.trimtabFeature;
    if (feature) client.track('feature_use', { properties: { feature } });
  };
  document.addEventListener('click', clicked, true);
  return () => document.removeEventListener('click', clicked, true);
}
