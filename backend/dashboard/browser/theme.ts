import { drawAgain } from './chart.ts';

const NEXT = { system: 'light', light: 'dark', dark: 'system' } as const;
type Theme = keyof typeof NEXT;
const YEAR_SECONDS = 31_536_000;

const now = (): Theme => (document.documentElement.dataset.theme as Theme | undefined) ?? 'system';

/** A press goes on from the system's theme to light, to dark, and back. The server reads the choice, so no page flashes. */
export function offerThemes(): void {
  const press = document.getElementById('theme')!;
  const tell = () => {
    press.textContent = { system: 'Auto', light: 'Light', dark: 'Dark' }[now()];
    press.setAttribute('aria-label', `${press.textContent}: change the theme`);
  };
  press.addEventListener('click', () => {
    const theme = NEXT[now()];
    if (theme === 'system') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    const lasts = theme === 'system' ? 0 : YEAR_SECONDS;
    document.cookie = `trimtab_theme=${theme}; path=/; max-age=${lasts}; samesite=lax`;
    tell();
    drawAgain();
  });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', drawAgain);
  tell();
}
