import { createRoute, z } from '@hono/zod-openapi';
import { ApiError } from '../../../shared/domain/errors.ts';
import { toBase64Url } from '../../../shared/domain/base64url.ts';
import { scorerToBytes } from '../../../shared/format/scorer-bytes.ts';
import type { Scorer } from '../../../shared/score/scorer.ts';
import { addVersion } from '../../models/add-version.ts';
import { readScorer } from '../../models/read-scorer.ts';
import { recordAudit } from '../../store/audit.ts';
import {
  actorOf,
  answer,
  givenMoment,
  jsonBody,
  line,
  problems,
  router,
  versionParam,
} from '../contract/openapi.ts';
import type { Services } from '../contract/services.ts';

const bytes = z
  .string()
  .regex(/^[A-Za-z0-9_-]+$/, 'must be base64url')
  .openapi({ description: 'A whole scorer with its schema (frame TTSC), as base64url' });

const versionName = line(80);

const scorer = createRoute({
  method: 'get',
  path: '/v1/weights/{version}/scorer',
  summary: 'A version of any kind as bytes, from which its score can be computed elsewhere',
  request: { params: versionParam },
  responses: {
    200: answer(z.object({ version: z.string(), scorer: bytes }), 'The version'),
    ...problems,
  },
});

const source = z
  .strictObject({
    format: z.string().max(20).openapi({ example: 'lightgbm' }),
    library: z.string().max(40).optional(),
    objective: z.string().max(80).optional(),
    trees: z.number().int().nonnegative().optional(),
    file: line(200).optional(),
    sha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/)
      .optional(),
  })
  .openapi({ description: 'What it was made from; kept in the lineage' });

const take = createRoute({
  method: 'post',
  path: '/v1/weights/import',
  summary: 'Store a scorer of any kind as a new version and write it to KV; the live version stays',
  request: {
    body: jsonBody(
      z
        .strictObject({
          scorer: bytes,
          name: versionName.optional(),
          source,
          trainedUntil: givenMoment('trainedUntil').optional().openapi({
            description:
              'It may have learned from every ranking until then, so that no earlier one judges it; default: now',
          }),
        })
        .openapi('ImportedWeights'),
    ),
  },
  responses: {
    201: answer(z.object({ version: z.string() }), 'The version that was assigned'),
    ...problems,
  },
});

export const scorerRoutes = (services: Services) =>
  router()
    .openapi(scorer, async (c) => {
      const { version } = c.req.valid('param');
      const found = scorerToBytes(await services.versions.load(version));
      return c.json({ version, scorer: toBase64Url(found) }, 200);
    })
    .openapi(take, async (c) => {
      const body = c.req.valid('json');
      const { version: _, ...read } = await readScorer(body.scorer);
      if (read.parent !== undefined) await services.versions.load(read.parent);
      if (read.crosses !== undefined && (await services.edgeReadsCrosses()) !== true)
        throw new ApiError(
          409,
          'edge_too_old',
          'the edge does not say that it reads learned crosses: upgrade the Worker first',
        );
      const { store, nowMs } = services;
      const by = actorOf(c);
      const name = body.name ?? nameOf(read);
      const trainedUntil = body.trainedUntil ?? nowMs();
      const lineage = { importedBy: by, imported: body.source, trainedUntil };
      const version = await addVersion(services, { ...read, name }, lineage);
      await store.write([
        recordAudit(store, {
          at: nowMs(),
          actor: by,
          action: 'import weights',
          subject: version,
          details: { name, kind: read.kind, schema: read.schema.name, ...body.source },
        }),
      ]);
      return c.json({ version }, 201);
    });

/** @throws ApiError 400 where the bytes have a name that nobody could give. */
function nameOf({ name }: Pick<Scorer, 'name'>): string {
  const { success } = versionName.safeParse(name);
  if (success) return name;
  throw new ApiError(
    400,
    'invalid_weights',
    "the scorer's own name is no line of 1 to 80 characters: send a name beside it",
  );
}
