import { RELEASE } from '../../shared/domain/release.ts';
import { Command } from 'commander';
import { listAlertsVerb } from './alerts/list.ts';
import { testAlertsVerb } from './alerts/test.ts';
import { placementsEndVerb } from './placements/end.ts';
import { placementsListVerb } from './placements/list.ts';
import { apprenticeStatusVerb } from './apprentice/status.ts';
import { apprenticeOffVerb, apprenticeOnVerb, apprenticeUnsetVerb } from './apprentice/switch.ts';
import { addSlateRuleVerb, removeSlateRuleVerb } from './slate-rules/change.ts';
import { listSlateRulesVerb } from './slate-rules/list.ts';
import { listAuditVerb } from './audit/list.ts';
import { backupVerb } from './backup/backup.ts';
import { restoreVerb } from './backup/restore.ts';
import { nounCommand, shortCommands, type Noun } from './command/noun.ts';
import { exportDataVerb } from './data/export.ts';
import { importOrdersVerb } from './orders/import.ts';
import { pruneVerb } from './data/prune.ts';
import { qualityVerb } from './data/quality.ts';
import {
  holdVerb,
  resumeVerb,
  showVerb,
  startVerb,
  stopVerb,
  widenVerb,
} from './experiments/change.ts';
import { createVerb } from './experiments/create.ts';
import { holdoutVerb } from './experiments/holdout.ts';
import { listExperimentsVerb } from './experiments/list.ts';
import { metricsVerb } from './experiments/metrics.ts';
import { sizeVerb } from './experiments/size.ts';
import { listMarketsVerb } from './markets/list.ts';
import { readRatesVerb } from './markets/read.ts';
import { listFeedsVerb } from './feeds/list.ts';
import { readFeedVerb } from './feeds/read.ts';
import { helpByNoun } from './help.ts';
import { initVerb } from './init/init.ts';
import { deleteItemsVerb } from './items/delete.ts';
import { importVerb } from './items/import.ts';
import { learnedVerb } from './items/learned.ts';
import { relatedVerb } from './items/related.ts';
import { patchItemsVerb } from './items/patch.ts';
import { backtestVerb } from './metric-weights/backtest.ts';
import { learnVerb } from './metric-weights/learn.ts';
import { setVerb, withdrawOverrideVerb } from './metric-weights/override.ts';
import {
  getVerb,
  historyVerb,
  learnNowVerb,
  unitsVerb,
  verifyVerb,
} from './metric-weights/read.ts';
import { showObjectivesVerb } from './objectives/show.ts';
import { mappedVerb } from './replay/mapped.ts';
import { trivagoVerb } from './replay/trivago.ts';
import { privacyNoticeVerb, privacyReportVerb } from './privacy/privacy.ts';
import { exposureVerb } from './reports/exposure.ts';
import { marketsReportVerb } from './reports/markets.ts';
import { showReportVerb } from './reports/show.ts';
import { listRolloutsVerb } from './rollouts/list.ts';
import { replayRolloutsVerb } from './rollouts/replay.ts';
import { showRolloutVerb, startRolloutVerb, withdrawRolloutVerb } from './rollouts/rollout.ts';
import { compareVerb } from './runs/compare.ts';
import { listRunsVerb, runsVerb, showRunVerb } from './runs/list.ts';
import { trainVerb } from './runs/train.ts';
import { applyVerb } from './schema/apply.ts';
import { checkVerb } from './schema/check.ts';
import { fitVerb } from './schema/fit.ts';
import { showSchemaVerb } from './schema/show.ts';
import { configVerb } from './system/config.ts';
import { costsVerb } from './system/costs.ts';
import { deployVerb } from './system/deploy.ts';
import { showDecisionVerb } from './decisions/show.ts';
import { loginVerb } from './system/login.ts';
import { doctorVerb } from './system/doctor.ts';
import { keysVerb, localKeysVerb } from './keys/local.ts';
import { createKeyVerb, revokeKeyVerb, rotateKeyVerb } from './keys/change.ts';
import { listKeysVerb } from './keys/list.ts';
import { serveVerb } from './system/serve.ts';
import { startAllVerb } from './system/start.ts';
import { statusVerb } from './system/status.ts';
import { finalizeVerb, upgradeStatusVerb } from './upgrade/upgrade.ts';
import { allowUserVerb } from './users/allow.ts';
import { deleteUserVerb } from './users/delete.ts';
import { listErasuresVerb } from './users/erasures.ts';
import { exportUserVerb } from './users/export.ts';
import { exportWeightsVerb, importWeightsVerb } from './weights/interchange.ts';
import { evaluateVerb } from './weights/evaluate.ts';
import { listVersionsVerb, showVersionVerb, weightsVerb } from './weights/list.ts';
import { promoteVerb, releaseVerb, rollbackVerb } from './weights/promotion.ts';
import { scoreVerb } from './weights/score.ts';

/** Every command. */
const NOUNS: readonly Noun[] = [
  {
    noun: 'system',
    about: 'the edge and the backend',
    verbs: [
      initVerb,
      startAllVerb,
      serveVerb,
      statusVerb,
      loginVerb,
      configVerb,
      keysVerb,
      deployVerb,
      backupVerb,
      restoreVerb,
      doctorVerb,
      costsVerb,
    ],
    short: {
      init: initVerb,
      start: startAllVerb,
      serve: serveVerb,
      status: statusVerb,
      login: loginVerb,
      config: configVerb,
      deploy: deployVerb,
      backup: backupVerb,
      restore: restoreVerb,
      doctor: doctorVerb,
      costs: costsVerb,
    },
  },
  {
    noun: 'keys',
    about: 'who may ask for what',
    verbs: [localKeysVerb, createKeyVerb, listKeysVerb, rotateKeyVerb, revokeKeyVerb],
    otherwise: localKeysVerb,
  },
  {
    noun: 'items',
    about: 'the catalogue',
    verbs: [importVerb, patchItemsVerb, learnedVerb, relatedVerb, deleteItemsVerb],
    short: { import: importVerb, related: relatedVerb },
  },
  {
    noun: 'feeds',
    about: 'addresses that items are read from on a schedule',
    verbs: [listFeedsVerb, readFeedVerb],
    otherwise: listFeedsVerb,
  },
  {
    noun: 'markets',
    about: 'where the catalogue is sold, and exchange rates',
    verbs: [listMarketsVerb, readRatesVerb],
    otherwise: listMarketsVerb,
  },
  {
    noun: 'orders',
    about: 'bookings, refunds and cancellations from the systems of the site',
    verbs: [importOrdersVerb],
  },
  {
    noun: 'data',
    about: 'the log that training learns from',
    verbs: [qualityVerb, exportDataVerb, pruneVerb],
  },
  {
    noun: 'runs',
    about: 'training runs and comparisons of learners',
    verbs: [listRunsVerb, showRunVerb, trainVerb, compareVerb],
    otherwise: runsVerb,
    short: { train: trainVerb, compare: compareVerb },
  },
  {
    noun: 'weights',
    about: 'versions, and which of them is live',
    verbs: [
      listVersionsVerb,
      showVersionVerb,
      evaluateVerb,
      scoreVerb,
      importWeightsVerb,
      exportWeightsVerb,
      promoteVerb,
      rollbackVerb,
      releaseVerb,
    ],
    otherwise: weightsVerb,
    short: {
      evaluate: evaluateVerb,
      score: scoreVerb,
      promote: promoteVerb,
      rollback: rollbackVerb,
      release: releaseVerb,
    },
  },
  {
    noun: 'rollouts',
    about: 'how new versions go live: shadow, canary, champion',
    verbs: [
      listRolloutsVerb,
      showRolloutVerb,
      startRolloutVerb,
      withdrawRolloutVerb,
      replayRolloutsVerb,
    ],
    otherwise: listRolloutsVerb,
  },
  {
    noun: 'placements',
    about: 'places on the site whose rankings have weights of their own',
    verbs: [placementsListVerb, placementsEndVerb],
    otherwise: placementsListVerb,
  },
  {
    noun: 'apprentice',
    about: 'the site keeps its own order, and Trimtab learns from it until it is switched on',
    verbs: [apprenticeStatusVerb, apprenticeOnVerb, apprenticeOffVerb, apprenticeUnsetVerb],
    otherwise: apprenticeStatusVerb,
  },
  {
    noun: 'slate-rules',
    about: 'caps, quotas, pins and boosts that hold for all slates, for a time or until removed',
    verbs: [listSlateRulesVerb, addSlateRuleVerb, removeSlateRuleVerb],
    otherwise: listSlateRulesVerb,
  },
  {
    noun: 'experiments',
    about: 'versions, explorations and rewards compared on live traffic',
    verbs: [
      listExperimentsVerb,
      createVerb,
      startVerb,
      widenVerb,
      holdVerb,
      resumeVerb,
      stopVerb,
      showVerb,
      sizeVerb,
      metricsVerb,
      holdoutVerb,
    ],
    otherwise: listExperimentsVerb,
  },
  {
    noun: 'metric-weights',
    about: 'the reward that training learns from',
    verbs: [
      getVerb,
      setVerb,
      withdrawOverrideVerb,
      historyVerb,
      verifyVerb,
      unitsVerb,
      learnNowVerb,
      learnVerb,
      backtestVerb,
    ],
  },
  {
    noun: 'alerts',
    about: 'conditions that need attention',
    verbs: [listAlertsVerb, testAlertsVerb],
    otherwise: listAlertsVerb,
  },
  {
    noun: 'objectives',
    about: 'what the service is to keep to',
    verbs: [showObjectivesVerb],
    otherwise: showObjectivesVerb,
  },
  {
    noun: 'audit',
    about: 'who changed what is live',
    verbs: [listAuditVerb],
    otherwise: listAuditVerb,
  },
  {
    noun: 'reports',
    about: 'monthly comparisons of models, and who was shown how much',
    verbs: [showReportVerb, exposureVerb, marketsReportVerb],
    short: { report: showReportVerb },
  },
  { noun: 'decisions', about: 'rankings of the log', verbs: [showDecisionVerb] },
  {
    noun: 'users',
    about: 'visitors, by their pseudonymous ids',
    verbs: [exportUserVerb, deleteUserVerb, allowUserVerb, listErasuresVerb],
  },
  {
    noun: 'privacy',
    about: 'what is stored of people, in documents',
    verbs: [privacyReportVerb, privacyNoticeVerb],
  },
  {
    noun: 'schema',
    about: 'features of a catalogue',
    verbs: [showSchemaVerb, checkVerb, fitVerb, applyVerb],
  },
  {
    noun: 'upgrade',
    about: 'from one version to the next, and back until it is final',
    verbs: [upgradeStatusVerb, finalizeVerb],
    otherwise: upgradeStatusVerb,
  },
  {
    noun: 'replay',
    about: 'real logs through the running system',
    verbs: [trivagoVerb, mappedVerb],
    otherwise: mappedVerb,
  },
];

export function program(): Command {
  const whole = new Command('trimtab')
    .description('Ranks items at the edge with weights that learn from what people do.')
    .usage('<noun> <verb> [options]')
    .version(RELEASE, '--version', 'print the version of Trimtab')
    .configureHelp(helpByNoun(NOUNS));
  for (const noun of NOUNS)
    for (const command of [nounCommand(noun), ...shortCommands(noun)]) whole.addCommand(command);
  return whole;
}
