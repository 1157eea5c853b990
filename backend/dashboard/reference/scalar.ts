import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Asset } from '../assets.ts';

const SCRIPT = '/js/scalar.js';

/** As much of Fastify as the plugin needs to say what it serves. */
interface Route {
  readonly url: string;
  readonly handler: (request: unknown, reply: Reply) => Reply;
}
interface Reply {
  header(name: string, value: string): Reply;
  send(body: string): Reply;
}
type Register = (
  host: {
    readonly initialConfig: object;
    readonly route: (route: Route) => void;
  },
  options: { readonly routePrefix: string; readonly configuration: { readonly url: string } },
  done: () => void,
) => void;

/** Its script, and what its address changes with. */
interface ScalarScript extends Asset {
  readonly version: string;
}

let read: Promise<ScalarScript> | undefined;

/**
 * Scalar's script, 5 MB, which is read when a page asks for it first. It comes of the package that Scalar makes for Fastify: that one holds the bundle as
 * it is to be served, whereas `@scalar/api-reference` would install the 284 packages of which the bundle is made as well.
 * @throws Error where the package no longer serves a script at the address that it had.
 */
export const scalarScript = (): Promise<ScalarScript> => (read ??= readScript());

async function readScript(): Promise<ScalarScript> {
  const { default: register } = await import('@scalar/fastify-api-reference');
  const routes = new Map<string, Route['handler']>();
  const host = {
    initialConfig: {},
    route: ({ url, handler }: Route) => void routes.set(url, handler),
  };
  const options = { routePrefix: '/', configuration: { url: '/' } };
  (register as unknown as Register)(host, options, () => {});
  let text = '';
  const reply: Reply = {
    header: () => reply,
    send(body) {
      text = body;
      return reply;
    },
  };
  routes.get(SCRIPT)?.({}, reply);
  if (text === '') throw new Error(`@scalar/fastify-api-reference serves no ${SCRIPT}`);
  // A browser that looks for the map would be told 404: the package has none.
  const plain = Buffer.from(text.replace(/\n\/\/# sourceMappingURL=.*\s*$/, '\n'));
  return {
    plain: new Uint8Array(plain),
    gzipped: new Uint8Array(await promisify(gzip)(plain)),
    version: createHash('sha256').update(plain).digest('hex').slice(0, 16),
  };
}
