import type { Answer, TestBackend } from './backend.ts';

/** A browser that is signed in: it sends its cookie, and the token of its pages. */
export interface Browser {
  readonly cookie: string;
  readonly csrf: string;
  call(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<Answer>;
}

type Backend = Pick<TestBackend, 'call'>;

/** Cookies of an answer, as a browser sends them back. */
export const cookiesOf = ({ headers }: Answer): string =>
  headers
    .getSetCookie()
    .map((cookie) => cookie.split(';')[0])
    .join('; ');

/** Brings a token by the form of the login page, as a browser does. */
export async function sendForm(
  backend: Backend,
  token: string,
  { next = '', headers = {} }: { next?: string; headers?: Record<string, string> } = {},
): Promise<Answer> {
  const page = await backend.call('GET', '/', undefined, { authorization: '' });
  const csrf = /name="csrf" value="([^"]*)"/.exec(page.body)![1];
  return backend.call('POST', '/login', new URLSearchParams({ token, next, csrf }).toString(), {
    authorization: '',
    'content-type': 'application/x-www-form-urlencoded',
    cookie: cookiesOf(page),
    ...headers,
  });
}

export async function signIn(
  backend: Backend,
  role: 'viewer' | 'operator',
  name = `a ${role}`,
): Promise<Browser> {
  const { token } = (await backend.call('POST', '/v1/logins', { role, name })).body;
  const cookie = cookiesOf(await sendForm(backend, token));
  const page = await backend.call('GET', '/dashboard/now', undefined, {
    authorization: '',
    cookie,
  });
  const csrf = /data-csrf="([^"]*)"/.exec(page.body)![1];
  return {
    cookie,
    csrf,
    call: (method, path, body, headers = {}) =>
      backend.call(method, path, body, {
        authorization: '',
        cookie,
        'x-csrf-token': csrf,
        ...headers,
      }),
  };
}
