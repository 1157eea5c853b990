type HeadersInit = ConstructorParameters<typeof Headers>[0];
type Body = Uint8Array | string | null | undefined;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** What `Request` and `Response` share, over a body that is there as a whole: those of Node read it as a stream, for which they compute a hundred times longer. */
class Message {
  readonly headers: Headers;
  readonly bytes: Uint8Array<ArrayBuffer>;

  constructor(body: Body, headers: HeadersInit | undefined) {
    this.headers = new Headers(headers);
    this.bytes =
      typeof body === 'string' ? encoder.encode(body) : new Uint8Array(body ?? new Uint8Array());
  }

  get body(): null {
    return null;
  }

  arrayBuffer(): Promise<ArrayBuffer> {
    return Promise.resolve(this.bytes.slice().buffer);
  }

  text(): Promise<string> {
    return Promise.resolve(decoder.decode(this.bytes));
  }

  async json(): Promise<unknown> {
    return JSON.parse(await this.text());
  }
}

export class SimulatedRequest extends Message {
  readonly url: string;
  readonly method: string;
  readonly cf: { readonly continent: string } | undefined;
  readonly signal: unknown = new AbortController().signal;

  constructor(
    url: string,
    init: {
      method?: string;
      headers?: HeadersInit;
      body?: Body;
      cf?: { readonly continent: string };
    } = {},
  ) {
    super(init.body, init.headers);
    this.headers.set('content-length', String(this.bytes.length));
    this.url = url;
    this.method = init.method ?? 'GET';
    this.cf = init.cf;
  }
}

export class SimulatedResponse extends Message {
  readonly status: number;

  constructor(body?: Body, init: { status?: number; headers?: HeadersInit } = {}) {
    super(body, init.headers);
    this.status = init.status ?? 200;
  }

  get ok(): boolean {
    return this.status >= 200 && this.status < 300;
  }

  clone(): SimulatedResponse {
    return new SimulatedResponse(this.bytes, { status: this.status, headers: this.headers });
  }
}

/** Before the code under test is loaded, some of which keeps what it finds. */
export function installMessages(): void {
  Object.assign(globalThis, { Request: SimulatedRequest, Response: SimulatedResponse });
}
