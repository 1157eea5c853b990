import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';

const AXE = readFileSync(new URL(import.meta.resolve('axe-core/axe.min.js')), 'utf8');

interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
}

/** What axe-core finds on a page as it stands once its transitions are over, with the markup at fault. */
export async function violationsOn(page: Page): Promise<string[]> {
  // Half way from one theme to the other, text of the one stands on the background of the other for a tenth of a second.
  await page.evaluate('for (const animation of document.getAnimations()) animation.finish()');
  await page.evaluate(AXE);
  const found = await page.evaluate<{ readonly violations: readonly Violation[] }>(
    'axe.run(document, { resultTypes: ["violations"] })',
  );
  return found.violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`),
  );
}
