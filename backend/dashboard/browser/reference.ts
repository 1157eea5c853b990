import type { Theme } from '../theme.ts';

/** What Scalar's script leaves behind, as far as it is used here. */
interface Scalar {
  createApiReference(at: Element, configuration: object): void;
}

const BACKEND = { title: 'Backend', slug: 'backend', url: '/openapi.json' };
const EDGE = { title: 'Edge', slug: 'edge', url: '/dashboard/api/edge.json' };

const meta = document.querySelector<HTMLMetaElement>('meta[property=csp-nonce]')!;

/** Not all style sheets that Scalar makes get the nonce without which they are not applied. */
function giveNonce(): void {
  const create = document.createElement.bind(document);
  document.createElement = (name: string, options?: ElementCreationOptions) => {
    const element = create(name, options);
    if (element instanceof HTMLStyleElement) element.nonce = meta.content;
    return element;
  };
}

/** Whatever of Scalar would ask another address for something is switched off, and so is sending requests: that needs a key, and no session has one. */
function show(): void {
  const chosen = document.documentElement.dataset.theme as Theme;
  const isDark = matchMedia('(prefers-color-scheme: dark)').matches;
  const { Scalar } = globalThis as unknown as { readonly Scalar: Scalar };
  const root = document.getElementById('reference')!;
  // What stands in it would be taken for Scalar's own, as a server had rendered it.
  root.replaceChildren();
  Scalar.createApiReference(root, {
    sources: [BACKEND, EDGE],
    theme: 'none',
    forceDarkModeState: chosen ?? (isDark ? 'dark' : 'light'),
    hideDarkModeToggle: true,
    withDefaultFonts: false,
    telemetry: false,
    agent: { disabled: true },
    mcp: { disabled: true },
    showDeveloperTools: 'never',
    hideTestRequestButton: true,
    hideClientButton: true,
    persistAuth: false,
    documentDownloadType: 'json',
    defaultHttpClient: { targetKey: 'shell', clientKey: 'curl' },
    operationTitleSource: 'path',
  });
}

/** Code that is wider or longer than its place scrolls, which Scalar lets no keyboard reach. */
function letKeysScroll(): void {
  const reach = () => {
    for (const code of document.querySelectorAll<HTMLElement>('#reference pre:not([tabindex])'))
      code.tabIndex = 0;
  };
  new MutationObserver(reach).observe(document.getElementById('reference')!, {
    childList: true,
    subtree: true,
  });
}

giveNonce();
letKeysScroll();
const script = document.createElement('script');
script.src = meta.dataset.script!;
script.addEventListener('load', show);
document.head.append(script);
