import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

interface Binding {
  readonly name: string;
  readonly type: string;
  readonly namespace_id?: string;
}

export interface CloudflareApi {
  readonly url: string;
  /** Titles of the namespaces of the account. */
  readonly namespaces: readonly string[];
  readonly secrets: Readonly<Record<string, string>>;
  /** Bindings of each upload of the Worker, oldest first, as they were sent. */
  readonly uploads: readonly (readonly Binding[])[];
  /** What wrangler asked for and is not known here. */
  readonly unknown: readonly string[];
  close(): void;
}

/** As much of Cloudflare's API as `wrangler deploy`, `secret list` and `secret bulk` of one Worker ask for. */
export async function startCloudflareApi(worker: string): Promise<CloudflareApi> {
  const namespaces: { id: string; title: string }[] = [];
  const secrets: Record<string, string> = {};
  const uploads: Binding[][] = [];
  const unknown: string[] = [];
  const script = `/workers/scripts/${worker}`;

  /** @returns undefined where there is none. */
  async function answer(request: IncomingMessage): Promise<unknown> {
    const path = new URL(request.url!, 'http://api').pathname.replace(/^.*\/accounts\/account/, '');
    const body = await text(request);
    const isThere = uploads.length > 0;
    switch (`${request.method} ${path}`) {
      case 'GET /storage/kv/namespaces':
        return namespaces;
      case 'POST /storage/kv/namespaces': {
        const { title } = JSON.parse(body) as { title: string };
        const made = { id: `${namespaces.length + 1}`.padStart(32, 'f'), title };
        namespaces.push(made);
        return made;
      }
      case `GET /workers/services/${worker}`:
        return isThere ? { default_environment: { script: {} } } : undefined;
      case `GET ${script}/settings`:
        return isThere ? { bindings: uploads.at(-1) } : undefined;
      case `GET ${script}/secrets`:
        return isThere
          ? Object.keys(secrets).map((name) => ({ name, type: 'secret_text' }))
          : undefined;
      case `GET ${script}/deployments`:
        return { deployments: [] };
      case `GET /workers/workers/${worker}`:
        return { subdomain: { enabled: true, previews_enabled: false } };
      case 'GET /workers/subdomain':
        return { subdomain: 'shop' };
      case `GET ${script}/subdomain`:
      case `POST ${script}/subdomain`:
        return { enabled: true, previews_enabled: false };
      case `PUT ${script}`: {
        const [, metadata] = /name="metadata"\r\n\r\n([\s\S]*?)\r\n--/.exec(body)!;
        uploads.push((JSON.parse(metadata) as { bindings: Binding[] }).bindings);
        return { id: worker, etag: 'e', deployment_id: 'd', startup_time_ms: 1 };
      }
    }
    if (path.startsWith(`${script}/secrets`) && request.method !== 'GET') {
      const { secrets: given } = JSON.parse(body) as {
        secrets: Record<string, { name: string; text: string }>;
      };
      for (const { name, text: value } of Object.values(given)) secrets[name] = value;
      return Object.keys(secrets).map((name) => ({ name, type: 'secret_text' }));
    }
    unknown.push(`${request.method} ${path} ${body.slice(0, 200)}`);
    return [];
  }

  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const result = await answer(request);
    const success = result !== undefined;
    const errors = success ? [] : [{ code: 10007, message: 'This Worker does not exist' }];
    response.writeHead(success ? 200 : 404, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ success, errors, messages: [], result: result ?? null }));
  }

  const server = createServer((request, response) => {
    void respond(request, response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/client/v4`,
    get namespaces() {
      return namespaces.map(({ title }) => title);
    },
    secrets,
    uploads,
    unknown,
    close: () => void server.close(),
  };
}
