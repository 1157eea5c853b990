export interface Ask {
  /** GET, or POST when there is a body. */
  readonly method?: string;
  /** Sent as a bearer token. */
  readonly key?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Text and bytes go as they are, anything else as JSON. */
  readonly body?: unknown;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly text: string;
  /** The text as JSON. @throws SyntaxError where it is not. */
  readonly json: <T = Record<string, unknown>>() => T;
}

/** One request, answered in full; rejects when the connection fails or nothing comes for three minutes. */
export async function ask(url: string, how: Ask = {}): Promise<Answer> {
  const { key, headers, body } = how;
  const response = await fetch(url, {
    method: how.method ?? (body === undefined ? 'GET' : 'POST'),
    headers: {
      'content-type': 'application/json',
      ...(key !== undefined && { authorization: `Bearer ${key}` }),
      ...headers,
    },
    ...(body !== undefined && { body: isRaw(body) ? body : JSON.stringify(body) }),
    signal: AbortSignal.timeout(180_000),
    redirect: 'manual',
  });
  const bytes = new Uint8Array(await response.arrayBuffer());
  const text = new TextDecoder().decode(bytes);
  return {
    status: response.status,
    headers: response.headers,
    bytes,
    text,
    json: () => JSON.parse(text),
  };
}

const isRaw = (body: unknown): body is string | Uint8Array<ArrayBuffer> =>
  typeof body === 'string' || body instanceof Uint8Array;
