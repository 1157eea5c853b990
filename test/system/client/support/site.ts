import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { KEY, listening } from './edge-log.ts';

export interface Site {
  readonly url: string;
  /** Serves this text at a path, as a page or a script. */
  serve(path: string, text: string): void;
  close(): void;
}

const EXAMPLE = new URL('../../../../edge/client/example/', import.meta.url);
/** No ranking takes so long on any machine. */
const PATIENT_MS = 120_000;

/** A page of the example as it is for these tests: its script is from this Worker, and waits for a busy machine. */
export async function examplePage(
  name: string,
  edgeUrl: string,
  { timeoutMs = PATIENT_MS, key = KEY } = {},
) {
  const page = await readFile(new URL(name, EXAMPLE), 'utf8');
  return page
    .replace('http://127.0.0.1:8787', edgeUrl)
    .replace('pk_of_this_deployment', key)
    .replace('data-timeout-ms="1000"', `data-timeout-ms="${timeoutMs}"`);
}

/** A site of another origin than the Worker, with the example pages. @param edgeUrl where their script comes from. */
export async function startSite(edgeUrl: string, key = KEY): Promise<Site> {
  const served = new Map<string, string>();
  for (const name of ['list.html', 'trip.html'])
    served.set(`/${name}`, await examplePage(name, edgeUrl, { key }));
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://site.test');
    const text = served.get(pathname);
    response.statusCode = text === undefined ? 404 : 200;
    const type = pathname.endsWith('.js') ? 'text/javascript' : 'text/html; charset=utf-8';
    response.setHeader('content-type', type);
    response.end(text);
  });
  return {
    url: await listening(server),
    serve: (path, text) => void served.set(path, text),
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
