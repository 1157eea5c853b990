import type { Context } from 'hono';
import { getCookie } from 'hono/cookie';

export const THEMES = ['light', 'dark'] as const;
/** Undefined: as the system of who looks has it. */
export type Theme = (typeof THEMES)[number] | undefined;

/** Chosen on a page, and kept by the browser, so that the first paint has it. */
export function themeOf(c: Context): Theme {
  const chosen = getCookie(c, 'trimtab_theme');
  return THEMES.find((theme) => theme === chosen);
}
