import type { OpenAPIHono } from '@hono/zod-openapi';
import { OPEN_PATHS } from '../auth.ts';
import { SCOPE_OF_ROUTE } from '../scope-of-route.ts';

type Described = ReturnType<OpenAPIHono['getOpenAPI31Document']>;
type Path = NonNullable<Described['paths']>[string];

const METHODS = ['get', 'put', 'post', 'patch', 'delete'] as const;

/**
 * The document of `/openapi.json`: what the routes say of themselves, by topic (the first part of the path), with the scope that a key made by name needs.
 */
export function describeApi(app: OpenAPIHono): Described {
  const document = app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'Trimtab backend',
      version: '1',
      description:
        'A secret key opens every route, and a key by name those of its scopes. Errors are {code, message, details?}; timestamps are epoch milliseconds.',
    },
    security: [{ key: [] }],
  });
  const paths = Object.fromEntries(
    Object.entries(document.paths ?? {}).map(([path, routes]) => [path, described(path, routes)]),
  );
  const names = Object.keys(paths).map(topicOf);
  return {
    ...document,
    paths,
    tags: [...new Set(names)].toSorted().map((name) => ({ name })),
    components: {
      ...document.components,
      securitySchemes: {
        key: { type: 'http', scheme: 'bearer', description: 'A secret key, or one by name' },
      },
    },
  };
}

function described(path: string, routes: Path): Path {
  const next: Path = { ...routes };
  for (const method of METHODS) {
    const operation = routes[method];
    if (operation === undefined) continue;
    const scope = SCOPE_OF_ROUTE.get(`${method.toUpperCase()} ${path}`);
    next[method] = {
      ...operation,
      tags: [topicOf(path)],
      ...(scope !== undefined && { description: `A key by name needs the scope \`${scope}\`.` }),
      ...(OPEN_PATHS.has(path) && { security: [] }),
    };
  }
  return next;
}

const topicOf = (path: string): string =>
  (path.split('/').find((part) => part !== '' && part !== 'v1') ?? 'other').replaceAll('-', ' ');
