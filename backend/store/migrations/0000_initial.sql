CREATE TABLE `audit` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`at` integer NOT NULL,
	`actor` text NOT NULL,
	`action` text NOT NULL,
	`subject` text NOT NULL,
	`details` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `batches` (
	`batchId` text PRIMARY KEY NOT NULL,
	`decisions` integer NOT NULL,
	`events` integer NOT NULL,
	`committedAt` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `decisions` (
	`rankingId` text PRIMARY KEY NOT NULL,
	`at` integer NOT NULL,
	`sessionId` text NOT NULL,
	`userId` text,
	`arm` text,
	`weights` text NOT NULL,
	`delta` integer NOT NULL,
	`schemaHash` text NOT NULL,
	`snapshot` text NOT NULL,
	`degraded` integer NOT NULL,
	`seed` integer NOT NULL,
	`temperature` real NOT NULL,
	`epsilon` real NOT NULL,
	`poolSize` integer NOT NULL,
	`limit` integer NOT NULL,
	`request` text NOT NULL,
	`itemIds` text NOT NULL,
	`units` blob NOT NULL,
	`propensities` blob NOT NULL,
	`codes` blob NOT NULL
);
--> statement-breakpoint
CREATE INDEX `decisions_schema_at` ON `decisions` (`schemaHash`,`at`);--> statement-breakpoint
CREATE INDEX `decisions_user` ON `decisions` (`userId`);--> statement-breakpoint
CREATE INDEX `decisions_weights_at` ON `decisions` (`weights`,`at`);--> statement-breakpoint
CREATE TABLE `deleted_users` (
	`userId` text PRIMARY KEY NOT NULL,
	`deletedAt` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `events` (
	`eventId` text PRIMARY KEY NOT NULL,
	`type` text NOT NULL,
	`rankingId` text NOT NULL,
	`itemId` text,
	`position` integer,
	`value` real,
	`properties` text,
	`timestamp` integer NOT NULL,
	`receivedAt` integer NOT NULL,
	`sessionId` text NOT NULL,
	`userId` text,
	`arm` text,
	`weights` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `events_ranking_type` ON `events` (`rankingId`,`type`);--> statement-breakpoint
CREATE INDEX `events_user` ON `events` (`userId`);--> statement-breakpoint
CREATE TABLE `experiments` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`salt` text NOT NULL,
	`arms` text NOT NULL,
	`status` text NOT NULL,
	`createdAt` integer NOT NULL,
	`startedAt` integer,
	`stoppedAt` integer
);
--> statement-breakpoint
CREATE TABLE `items` (
	`id` text PRIMARY KEY NOT NULL,
	`attributes` text NOT NULL,
	`updatedAt` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `metric_weights` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`schemaName` text NOT NULL,
	`weights` text NOT NULL,
	`author` text NOT NULL,
	`reason` text NOT NULL,
	`createdAt` integer NOT NULL,
	`expiresAt` integer
);
--> statement-breakpoint
CREATE TABLE `outcomes` (
	`outcomeId` text PRIMARY KEY NOT NULL,
	`sessionId` text,
	`userId` text,
	`metric` text NOT NULL,
	`value` real NOT NULL,
	`at` integer NOT NULL,
	`receivedAt` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `pointers` (
	`name` text PRIMARY KEY NOT NULL,
	`value` text NOT NULL,
	`since` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `publications` (
	`key` text PRIMARY KEY NOT NULL,
	`sha256` text NOT NULL,
	`publishedAt` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `runs` (
	`id` text PRIMARY KEY NOT NULL,
	`status` text NOT NULL,
	`params` text NOT NULL,
	`progress` text NOT NULL,
	`version` text,
	`error` text,
	`startedAt` integer NOT NULL,
	`finishedAt` integer
);
--> statement-breakpoint
CREATE TABLE `snapshots` (
	`hash` text PRIMARY KEY NOT NULL,
	`schemaHash` text NOT NULL,
	`items` integer NOT NULL,
	`sizeBytes` integer NOT NULL,
	`parts` integer NOT NULL,
	`publishedAt` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `weights` (
	`version` text PRIMARY KEY NOT NULL,
	`parent` text,
	`name` text NOT NULL,
	`kind` text NOT NULL,
	`schemaName` text NOT NULL,
	`schemaHash` text NOT NULL,
	`bytes` blob NOT NULL,
	`sha256` text NOT NULL,
	`lineage` text NOT NULL,
	`createdAt` integer NOT NULL
);
