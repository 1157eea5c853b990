import { authenticate } from './auth.ts';
import { checkJsonBodies } from './json-bodies.ts';
import { limitBodies } from './limits.ts';
import { traceRequests } from './trace-requests.ts';
import { describeApi } from './contract/describe-api.ts';
import { withinRoles } from './within-roles.ts';
import { router } from './contract/openapi.ts';
import { errorHandler, notFound } from './contract/problem.ts';
import { alertRoutes } from './routes/alerts.ts';
import { slateRuleRoutes } from './routes/slate-rules.ts';
import { apprenticeRoutes } from './routes/apprentice.ts';
import { businessRoutes } from './routes/business.ts';
import { clickRoutes } from './routes/clicks.ts';
import { costRoutes } from './routes/costs.ts';
import { dataRoutes } from './routes/data.ts';
import { doctorRoutes } from './routes/doctor.ts';
import { evaluationRoutes } from './routes/evaluations.ts';
import { experimentRoutes } from './routes/experiments.ts';
import { feedRoutes } from './routes/feeds.ts';
import { marketRoutes } from './routes/markets.ts';
import { healthRoutes } from './routes/health.ts';
import { ingestRoutes } from './routes/ingest.ts';
import { itemChangeRoutes } from './routes/item-changes.ts';
import { itemRoutes } from './routes/items.ts';
import { keyRoutes } from './routes/keys.ts';
import { loginRoutes } from './routes/logins.ts';
import { metricWeightRoutes } from './routes/metric-weights.ts';
import { nowRoutes } from './routes/now.ts';
import { reviewRoutes } from './routes/review.ts';
import { rankingRoutes } from './routes/rankings.ts';
import { searchRoutes } from './routes/search.ts';
import { objectiveRoutes } from './routes/objectives.ts';
import { orderRoutes } from './routes/orders.ts';
import { outcomeRoutes } from './routes/outcomes.ts';
import { promotionRoutes } from './routes/promotion.ts';
import { privacyRoutes } from './routes/privacy.ts';
import { reportRoutes } from './routes/reports.ts';
import { rolloutRoutes } from './routes/rollouts.ts';
import { scorerRoutes } from './routes/scorers.ts';
import { schemaRoutes } from './routes/schema.ts';
import { statusRoutes } from './routes/status.ts';
import { trainingExportRoutes } from './routes/training-export.ts';
import { trainingRoutes } from './routes/training.ts';
import { upgradeRoutes } from './routes/upgrade.ts';
import { userRoutes } from './routes/users.ts';
import { weightRoutes } from './routes/weights.ts';
import type { Services } from './contract/services.ts';

/** The backend's HTTP interface; the caller adds the dashboard's pages, which ask for a session themselves. */
export function createApp(services: Services) {
  const app = router();
  app.onError(errorHandler(services.log));
  app.notFound(notFound);
  app.use(authenticate(services.secretKeys, services.keys, services.login));
  // Behind it: nobody without a key is told of, but for who signs what they send.
  app.use(traceRequests(services.tracing));
  app.use(withinRoles(services.roles));
  app.use(limitBodies());
  app.use(checkJsonBodies());
  app.get('/openapi.json', (c) => c.json(describeApi(app)));
  // One chain: each call returns a type that knows the routes added so far.
  return app
    .route('/', healthRoutes(services))
    .route('/', statusRoutes(services))
    .route('/', itemRoutes(services))
    .route('/', itemChangeRoutes(services))
    .route('/', feedRoutes(services))
    .route('/', marketRoutes(services))
    .route('/', ingestRoutes(services))
    .route('/', orderRoutes(services))
    .route('/', outcomeRoutes(services))
    .route('/', dataRoutes(services))
    .route('/', trainingExportRoutes(services))
    .route('/', evaluationRoutes(services))
    .route('/', trainingRoutes(services))
    .route('/', promotionRoutes(services))
    .route('/', apprenticeRoutes(services))
    .route('/', slateRuleRoutes(services))
    .route('/', rolloutRoutes(services))
    .route('/', weightRoutes(services))
    .route('/', scorerRoutes(services))
    .route('/', clickRoutes(services))
    .route('/', businessRoutes(services))
    .route('/', reviewRoutes(services))
    .route('/', experimentRoutes(services))
    .route('/', metricWeightRoutes(services))
    .route('/', alertRoutes(services))
    .route('/', reportRoutes(services))
    .route('/', userRoutes(services))
    .route('/', privacyRoutes(services))
    .route('/', schemaRoutes(services))
    .route('/', loginRoutes(services))
    .route('/', keyRoutes(services))
    .route('/', nowRoutes(services))
    .route('/', objectiveRoutes(services))
    .route('/', rankingRoutes(services))
    .route('/', searchRoutes(services))
    .route('/', upgradeRoutes(services))
    .route('/', doctorRoutes(services))
    .route('/', costRoutes(services));
}

/** What the routes take and answer; `hono/client` and the dashboard's scripts take their types from it. */
export type BackendApi = ReturnType<typeof createApp>;
