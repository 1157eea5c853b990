import { existsSync } from 'node:fs';
import { chromium, type Browser } from 'playwright-core';
import { needs, type Needs } from './needs.ts';

const PATH = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find(existsSync);

export const needsChromium: Needs = needs(PATH === undefined ? 'there is no chromium' : '');

/** A headless browser; pages of one context share cookies, those of two do not. */
export const startChromium = (): Promise<Browser> =>
  chromium.launch({
    executablePath: PATH!,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic'],
  });
