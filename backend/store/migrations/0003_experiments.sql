CREATE TABLE `alerts` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`key` text NOT NULL,
	`kind` text NOT NULL,
	`message` text NOT NULL,
	`details` text NOT NULL,
	`openedAt` integer NOT NULL,
	`lastSeenAt` integer NOT NULL,
	`clearSince` integer,
	`resolvedAt` integer,
	`notifiedAt` integer,
	`recoveryNotifiedAt` integer,
	`noticeAttempts` integer DEFAULT 0 NOT NULL,
	`nextNoticeAt` integer DEFAULT 0 NOT NULL
);
--> statement-breakpoint
CREATE INDEX `alerts_key` ON `alerts` (`key`,`openedAt`);
--> statement-breakpoint
CREATE UNIQUE INDEX `alerts_open` ON `alerts` (`key`) WHERE `resolvedAt` is null;
--> statement-breakpoint
CREATE TABLE `experiment_reports` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`experiment` text NOT NULL,
	`at` integer NOT NULL,
	`statistics` text NOT NULL,
	`report` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `experiment_reports_experiment` ON `experiment_reports` (`experiment`,`at`);
--> statement-breakpoint
CREATE TABLE `exposures` (
	`experiment` text NOT NULL,
	`rankingId` text NOT NULL,
	`arm` text NOT NULL,
	`at` integer NOT NULL,
	`sessionId` text NOT NULL,
	`userId` text,
	PRIMARY KEY(`experiment`, `rankingId`)
);
--> statement-breakpoint
CREATE INDEX `exposures_ranking` ON `exposures` (`rankingId`);
--> statement-breakpoint
CREATE INDEX `exposures_user` ON `exposures` (`userId`);
--> statement-breakpoint
CREATE TABLE `layers` (
	`name` text PRIMARY KEY NOT NULL,
	`salt` text NOT NULL,
	`unit` text NOT NULL,
	`rank` integer NOT NULL,
	`createdAt` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `leases` (
	`name` text PRIMARY KEY NOT NULL,
	`holder` text NOT NULL,
	`expiresAt` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `metric_units` (
	`unit` text NOT NULL,
	`kind` text NOT NULL,
	`firstAt` integer NOT NULL,
	`userId` text,
	`values` text NOT NULL,
	`context` text NOT NULL,
	`outcomes` text DEFAULT '{}' NOT NULL,
	`updatedAt` integer NOT NULL,
	PRIMARY KEY(`kind`, `unit`)
);
--> statement-breakpoint
CREATE INDEX `metric_units_first` ON `metric_units` (`kind`,`firstAt`,`unit`);
--> statement-breakpoint
CREATE INDEX `metric_units_user` ON `metric_units` (`userId`);
--> statement-breakpoint
CREATE TABLE `log_marks` (
	`name` text PRIMARY KEY NOT NULL,
	`value` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `decisions_session` ON `decisions` (`sessionId`);
--> statement-breakpoint
CREATE INDEX `outcomes_session` ON `outcomes` (`sessionId`);
--> statement-breakpoint
CREATE INDEX `outcomes_user` ON `outcomes` (`userId`);
--> statement-breakpoint
CREATE TABLE `reports` (
	`month` text PRIMARY KEY NOT NULL,
	`report` text NOT NULL,
	`markdown` text NOT NULL,
	`html` text NOT NULL,
	`createdAt` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `rollout_decisions` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`rollout` text NOT NULL,
	`at` integer NOT NULL,
	`decision` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `rollout_decisions_rollout` ON `rollout_decisions` (`rollout`);
--> statement-breakpoint
CREATE TABLE `rollouts` (
	`id` text PRIMARY KEY NOT NULL,
	`challenger` text NOT NULL,
	`champion` text NOT NULL,
	`stage` text NOT NULL,
	`since` integer NOT NULL,
	`experiment` text NOT NULL,
	`rules` text NOT NULL,
	`gate` text,
	`by` text NOT NULL,
	`createdAt` integer NOT NULL,
	`endedAt` integer
);
--> statement-breakpoint
ALTER TABLE `batches` ADD `lagMs` integer;
--> statement-breakpoint
CREATE INDEX `batches_committed` ON `batches` (`committedAt`);
--> statement-breakpoint
ALTER TABLE `decisions` ADD `shadow` text;
--> statement-breakpoint
ALTER TABLE `decisions` ADD `teams` blob;
--> statement-breakpoint
ALTER TABLE `metric_weights` ADD `source` text DEFAULT 'override' NOT NULL;
--> statement-breakpoint
ALTER TABLE `metric_weights` ADD `method` text DEFAULT 'fixed' NOT NULL;
--> statement-breakpoint
ALTER TABLE `metric_weights` ADD `experimentId` text;
--> statement-breakpoint
ALTER TABLE `metric_weights` ADD `details` text DEFAULT '{}' NOT NULL;
--> statement-breakpoint
ALTER TABLE `metric_weights` ADD `previousHash` text;
--> statement-breakpoint
ALTER TABLE `metric_weights` ADD `hash` text;
--> statement-breakpoint
CREATE INDEX `metric_weights_schema` ON `metric_weights` (`schemaName`,`experimentId`);
--> statement-breakpoint
ALTER TABLE `experiments` RENAME TO `experiments_before`;
--> statement-breakpoint
CREATE TABLE `experiments` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`kind` text DEFAULT 'experiment' NOT NULL,
	`layer` text NOT NULL,
	`salt` text NOT NULL,
	`rangeFrom` real NOT NULL,
	`rangeTo` real NOT NULL,
	`traffic` real NOT NULL,
	`arms` text NOT NULL,
	`design` text DEFAULT 'split' NOT NULL,
	`trigger` text DEFAULT 'ranked' NOT NULL,
	`metrics` text NOT NULL,
	`guardrails` text NOT NULL,
	`minimumPerArm` integer NOT NULL,
	`metricWeightsId` integer,
	`status` text NOT NULL,
	`createdAt` integer NOT NULL,
	`startedAt` integer,
	`stoppedAt` integer
);
--> statement-breakpoint
-- What was kept before never split traffic: it stays readable, and is over.
INSERT INTO `experiments`
SELECT `id`, `name`, 'experiment', 'weights', `salt`, 0, 1, 1,
  (SELECT json_group_array(json_object('name', `key`, 'weight', json_extract(`value`, '$.share'), 'version', json_extract(`value`, '$.version'))) FROM json_each(`arms`)),
  'split', 'ranked', '[]', '[]', 1000, NULL, 'stopped', `createdAt`, `startedAt`, coalesce(`stoppedAt`, `createdAt`)
FROM `experiments_before`;
--> statement-breakpoint
DROP TABLE `experiments_before`;
