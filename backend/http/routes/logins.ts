import { createRoute, z } from '@hono/zod-openapi';
import { ROLES } from '../../login/role.ts';
import { actorOf, answer, epochMs, jsonBody, line, problems, router } from '../contract/openapi.ts';
import type { Services } from '../contract/services.ts';

const create = createRoute({
  method: 'post',
  path: '/v1/logins',
  summary: 'A token that signs a browser in to the dashboard, once; secret keys only',
  request: {
    body: jsonBody(
      z.strictObject({
        role: z.enum(ROLES).default('operator').openapi({
          description: 'A viewer looks at everything and changes nothing',
        }),
        name: line(80)
          .optional()
          .openapi({ description: 'For the audit log; default: who asks for it' }),
      }),
    ),
  },
  responses: {
    201: answer(
      z.object({ token: z.string(), path: z.string(), expiresAt: epochMs }),
      'The path below the address of the backend, with the token behind "#"',
    ),
    ...problems,
  },
});

const endAll = createRoute({
  method: 'post',
  path: '/v1/logins/end',
  summary: 'Sign every browser out, and end the links that nobody opened yet; secret keys only',
  responses: { 200: answer(z.object({ ended: z.number() }), 'How many there were'), ...problems },
});

export const loginRoutes = ({ login }: Services) =>
  router()
    .openapi(create, async (c) => {
      const { role, name = actorOf(c) } = c.req.valid('json');
      const { token, expiresAt } = await login.createLink({ role, name }, actorOf(c));
      return c.json({ token, path: `/#token=${token}`, expiresAt }, 201);
    })
    .openapi(endAll, async (c) => c.json({ ended: await login.sessions.endAll(actorOf(c)) }, 200));
