import { html, raw } from 'hono/html';
import type { Session } from '../login/sessions.ts';
import type { Assets } from './assets.ts';
import { PAGES, REFERENCE, type PageName } from './pages.ts';
import type { Theme } from './theme.ts';

interface Framed {
  readonly page: PageName;
  readonly session: Session;
  readonly theme: Theme;
  readonly assets: Assets;
}

/** A page without its content, which the scripts read from the JSON routes with the session's cookie. */
export function frame({ page, session, theme, assets }: Framed) {
  const { title, about } = PAGES.find(({ path }) => path === page)!;
  return documentOf({
    title,
    theme,
    assets,
    script: 'app.js',
    body: html`<a class="skip" href="#content">Skip to the content</a>
      <div class="shell">
        <header class="top">
          <a class="brand" href="/dashboard/now">${LOGO}<span>Trimtab</span></a>
          <nav aria-label="Pages">
            <ul>
              ${PAGES.map(
                ({ path, title: name }) =>
                  html`<li>
                    <a href="/dashboard/${path}" ${path === page ? raw(' aria-current="page"') : ''}
                      >${name}</a
                    >
                  </li>`,
              )}
              <li class="apart"><a href="/dashboard/${REFERENCE.path}">${REFERENCE.title}</a></li>
            </ul>
          </nav>
          <button type="button" class="search" id="open-search" aria-haspopup="dialog">
            <span>Search</span> <kbd>⌘K</kbd>
          </button>
          <div class="who">
            <span class="person" title="${session.name}">${session.name}</span>
            <span class="role">${session.role}</span>
            <span class="who-actions">
              <button type="button" class="quiet" id="theme">Theme</button>
              <form method="post" action="/logout">
                <input type="hidden" name="csrf" value="${session.csrf}" /><button class="quiet">
                  Sign out
                </button>
              </form>
            </span>
          </div>
        </header>
        <main
          id="content"
          tabindex="-1"
          data-page="${page}"
          data-role="${session.role}"
          data-csrf="${session.csrf}"
        >
          <div class="heading">
            <h1>${title}</h1>
            <p>${about}</p>
            <p id="live" class="live" role="status">Loading …</p>
          </div>
          <div id="problem"></div>
          <div id="sections"></div>
          <noscript
            ><p class="notice">
              This page needs JavaScript. <code>trimtab status</code> shows the most important part
              of it.
            </p></noscript
          >
        </main>
      </div>
      <dialog id="search" aria-label="Search"></dialog>
      <dialog id="dialog" aria-labelledby="dialog-title"></dialog>`,
  });
}

interface LoginPage {
  readonly theme: Theme;
  readonly assets: Assets;
  readonly csrf: string;
  readonly next: string;
  /** Why the last try failed. */
  readonly problem?: string;
  /** Name of the identity provider, where there is one. */
  readonly provider?: string;
}

/** What is shown to whoever is not signed in. */
export const loginPage = ({ theme, assets, csrf, next, problem, provider }: LoginPage) =>
  documentOf({
    title: 'Sign in',
    theme,
    assets,
    script: 'login.js',
    body: html`<main class="sign-in">
      <div class="brand">${LOGO}<span>Trimtab</span></div>
      <h1>Sign in</h1>
      ${problem === undefined ? '' : html`<p class="notice bad" role="alert">${problem}</p>`}
      ${
        provider === undefined
          ? ''
          : html`<p>
                <a class="button primary" href="/login/oidc?next=${encodeURIComponent(next)}"
                  >Sign in with ${provider}</a
                >
              </p>
              <p class="or">or with a link</p>`
      }
      <form method="post" action="/login" id="sign-in">
        <input type="hidden" name="csrf" value="${csrf}" />
        <input type="hidden" name="next" value="${next}" />
        <label for="token">Token of the link</label>
        <input
          id="token"
          name="token"
          required
          autocomplete="off"
          spellcheck="false"
          autocapitalize="off"
        />
        <button class="primary">Sign in</button>
      </form>
      <p class="muted">
        Run <code>npx trimtab login</code> where Trimtab runs. It prints a link that opens this
        dashboard once; <code>npm start</code> prints one as well.
      </p>
    </main>`,
  });

interface Document {
  readonly title: string;
  readonly theme: Theme;
  readonly assets: Assets;
  readonly script: 'app.js' | 'login.js' | 'reference.js';
  /** In place of that of all pages. */
  readonly style?: 'reference.css';
  /** What this page has in its head beside what all have. */
  readonly head?: ReturnType<typeof html>;
  readonly body: ReturnType<typeof html>;
}

export const documentOf = ({ title, theme, assets, script, style, head, body }: Document) =>
  html`<!doctype html>
    <html lang="en" ${theme === undefined ? '' : raw(` data-theme="${theme}"`)}>
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title} · Trimtab</title>
        <link rel="icon" href="/dashboard/icon.svg" type="image/svg+xml" />
        <link rel="stylesheet" href="/dashboard/${style ?? 'style.css'}?${assets.version}" />
        ${head ?? ''}
        <script type="module" src="/dashboard/${script}?${assets.version}"></script>
      </head>
      <body>
        ${body}
      </body>
    </html> `;

/** A trim tab: the small flap at the edge of a rudder that turns it. */
export const LOGO = raw(
  '<svg class="logo" viewBox="0 0 24 24" aria-hidden="true" width="22" height="22"><path d="M3 4h9a8 8 0 0 1 0 16H3z" fill="currentColor" opacity=".22"/><path d="M3 4h4v16H3z" fill="currentColor"/><path d="m20 12 2.6 6.4-6-1.2z" fill="currentColor"/></svg>',
);

export const ICON =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="#0b6e78"><path d="M3 4h9a8 8 0 0 1 0 16H3z" opacity=".3"/><path d="M3 4h4v16H3z"/><path d="m20 12 2.6 6.4-6-1.2z"/></svg>';
