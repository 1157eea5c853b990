/** Calls when the tab goes behind another, is closed or left: the last moment to say something. @returns stops it. */
export function onLeaving(report: () => void): () => void {
  const changed = () => {
    if (document.hidden) report();
  };
  document.addEventListener('visibilitychange', changed);
  return () => document.removeEventListener('visibilitychange', changed);
}
