import { Command } from 'commander';
import { alertsCommand } from './alerts.ts';
import { auditCommand } from './audit.ts';
import { compareCommand } from './compare.ts';
import { configCommand } from './config.ts';
import { dataCommand } from './data.ts';
import { evaluateCommand } from './evaluate.ts';
import { experimentsCommand } from './experiments.ts';
import { importCommand } from './import.ts';
import { itemsCommand } from './items.ts';
import { keysCommand } from './keys.ts';
import { metricWeightsCommand } from './metric-weights.ts';
import { promoteCommand } from './promote.ts';
import { releaseCommand } from './release.ts';
import { replayCommand } from './replay.ts';
import { reportCommand } from './report.ts';
import { rollbackCommand } from './rollback.ts';
import { rolloutsCommand } from './rollouts.ts';
import { runsCommand } from './runs.ts';
import { schemaCommand } from './schema.ts';
import { serveCommand } from './serve.ts';
import { startCommand } from './start.ts';
import { statusCommand } from './status.ts';
import { trainCommand } from './train.ts';
import { usersCommand } from './users.ts';
import { weightsCommand } from './weights.ts';

export const program = (): Command =>
  [
    startCommand(),
    serveCommand(),
    configCommand(),
    statusCommand(),
    importCommand(),
    itemsCommand(),
    dataCommand(),
    evaluateCommand(),
    trainCommand(),
    compareCommand(),
    runsCommand(),
    weightsCommand(),
    rolloutsCommand(),
    promoteCommand(),
    rollbackCommand(),
    releaseCommand(),
    auditCommand(),
    experimentsCommand(),
    alertsCommand(),
    reportCommand(),
    metricWeightsCommand(),
    usersCommand(),
    replayCommand(),
    schemaCommand(),
    keysCommand(),
  ].reduce((whole, verb) => whole.addCommand(verb), new Command('trimtab').description(ABOUT));

const ABOUT = 'Ranks items at the edge with weights that learn from what people do.';
