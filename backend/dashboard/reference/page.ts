import { html } from 'hono/html';
import type { Assets } from '../assets.ts';
import { documentOf, LOGO } from '../frame.ts';
import type { Theme } from '../theme.ts';
import { REFERENCE } from '../pages.ts';

interface ReferencePage {
  readonly theme: Theme;
  readonly assets: Assets;
  /** Of the style elements that Scalar makes, and of nothing else. */
  readonly nonce: string;
  /** Changes with Scalar's script. */
  readonly scalarVersion: string;
}

/** Scalar beneath a bar that leads back: it needs the width of the whole page. The bar is no `header`, as Scalar has one on narrow screens. */
export const referencePage = ({ theme, assets, nonce, scalarVersion }: ReferencePage) =>
  documentOf({
    title: REFERENCE.title,
    theme,
    assets,
    script: 'reference.js',
    style: 'reference.css',
    head: html`<meta
      property="csp-nonce"
      content="${nonce}"
      data-script="/dashboard/${REFERENCE.path}/scalar.js?${scalarVersion}"
    />`,
    body: html`<a class="skip" href="#reference">Skip to the content</a>
      <nav class="reference-bar" aria-label="Trimtab">
        <a class="brand" href="/dashboard/now">${LOGO}<span>Trimtab</span></a>
        <h1>${REFERENCE.title}</h1>
        <p>${REFERENCE.about}</p>
        <a href="/dashboard/now">To the dashboard</a>
      </nav>
      <div id="reference" tabindex="-1"><p class="reference-wait">Loading …</p></div>
      <noscript><p class="notice">This page needs JavaScript.</p></noscript>`,
  });
