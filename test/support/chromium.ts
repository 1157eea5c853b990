import { existsSync } from 'node:fs';
import { chromium, type Browser } from 'playwright-core';
import { needs, type Needs } from './needs.ts';

const WHOLE = ['/usr/bin/chromium', '/usr/bin/chromium-browser'];
/** The browser without windows of its own, which take more processor time than most pages. */
const SHELL = '/usr/bin/chromium-headless-shell';

/** `TRIMTAB_CHROMIUM=off` leaves out what needs a browser, as where there is none. */
const findOf = (paths: readonly string[]): string | undefined =>
  process.env.TRIMTAB_CHROMIUM === 'off' ? undefined : paths.find((path) => existsSync(path));

const WHOLE_PATH = findOf(WHOLE);
const PATH = findOf([SHELL, ...WHOLE]);

export const needsChromium: Needs = needs(PATH === undefined ? 'there is no chromium' : '');
/** The shell keeps no page for going back to it. */
export const needsBackForwardCache: Needs = needs(
  WHOLE_PATH === undefined ? 'there is no chromium with windows' : '',
);

/** Ends what hangs; a busy machine takes long for everything. */
export const PATIENCE_MS = 180_000;

const ARGS = ['--no-sandbox', '--disable-gpu', '--disable-quic'];

/** A headless browser; pages of one context share cookies, those of two do not. */
export const startChromium = (): Promise<Browser> =>
  chromium.launch({ executablePath: PATH!, timeout: PATIENCE_MS, args: ARGS });

/** With the back/forward cache that Playwright switches off. */
export const startCachingChromium = (): Promise<Browser> =>
  chromium.launch({
    executablePath: WHOLE_PATH!,
    timeout: PATIENCE_MS,
    args: ARGS,
    ignoreDefaultArgs: ['--disable-back-forward-cache'],
  });
