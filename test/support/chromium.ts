import { existsSync } from 'node:fs';
import { chromium, type Browser, type LaunchOptions } from 'playwright-core';
import { needs, type Needs } from './needs.ts';

const PATH = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find(existsSync);

export const needsChromium: Needs = needs(PATH === undefined ? 'there is no chromium' : '');

/** Ends what hangs; a busy machine takes long for everything. */
export const PATIENCE_MS = 180_000;

/** A headless browser; pages of one context share cookies, those of two do not. */
export const startChromium = (options: LaunchOptions = {}): Promise<Browser> =>
  chromium.launch({
    executablePath: PATH!,
    timeout: PATIENCE_MS,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic'],
    ...options,
  });
