import { dashboardRoutes } from '../dashboard/routes.ts';
import { authenticate } from './auth.ts';
import { limitBodies } from './limits.ts';
import { router } from './contract/openapi.ts';
import { errorHandler, notFound } from './contract/problem.ts';
import { alertRoutes } from './routes/alerts.ts';
import { clickRoutes } from './routes/clicks.ts';
import { dataRoutes } from './routes/data.ts';
import { evaluationRoutes } from './routes/evaluations.ts';
import { experimentRoutes } from './routes/experiments.ts';
import { healthRoutes } from './routes/health.ts';
import { ingestRoutes } from './routes/ingest.ts';
import { itemRoutes } from './routes/items.ts';
import { metricWeightRoutes } from './routes/metric-weights.ts';
import { outcomeRoutes } from './routes/outcomes.ts';
import { reportRoutes } from './routes/reports.ts';
import { rolloutRoutes } from './routes/promotion.ts';
import { rolloutsRoutes } from './routes/rollouts.ts';
import { statusRoutes } from './routes/status.ts';
import { trainingRoutes } from './routes/training.ts';
import { userRoutes } from './routes/users.ts';
import { weightRoutes } from './routes/weights.ts';
import type { Services } from './contract/services.ts';

const ROUTES = [
  healthRoutes,
  statusRoutes,
  itemRoutes,
  ingestRoutes,
  outcomeRoutes,
  dataRoutes,
  evaluationRoutes,
  trainingRoutes,
  rolloutRoutes,
  rolloutsRoutes,
  weightRoutes,
  clickRoutes,
  experimentRoutes,
  metricWeightRoutes,
  alertRoutes,
  reportRoutes,
  userRoutes,
];

/** The backend's HTTP side. */
export function createApp(services: Services) {
  const app = router();
  app.onError(errorHandler(services.log));
  app.notFound(notFound);
  app.use(authenticate(services.secretKeys));
  app.use(limitBodies());
  for (const routes of ROUTES) app.route('/', routes(services));
  app.doc31('/openapi.json', {
    openapi: '3.1.0',
    info: {
      title: 'Trimtab backend',
      version: '1',
      description: 'Errors are {code, message, details?}; timestamps are epoch milliseconds.',
    },
  });
  app.route('/', dashboardRoutes());
  return app;
}
