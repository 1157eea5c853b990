CREATE TABLE `late_rankings` (
	`rankingId` text PRIMARY KEY NOT NULL,
	`at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `late_rankings_at` ON `late_rankings` (`at`);--> statement-breakpoint
CREATE TABLE `session_days` (
	`sessionId` text NOT NULL,
	`day` integer NOT NULL,
	`firstAt` integer NOT NULL,
	`clickedItems` integer NOT NULL,
	`dwells` integer NOT NULL,
	`fault` text,
	`revision` integer NOT NULL,
	PRIMARY KEY(`sessionId`, `day`)
);
--> statement-breakpoint
CREATE INDEX `session_days_day` ON `session_days` (`day`,`clickedItems`,`dwells`);--> statement-breakpoint
CREATE INDEX `session_days_revision` ON `session_days` (`revision`);--> statement-breakpoint
CREATE INDEX `session_days_fault` ON `session_days` (`sessionId`,`day`,`fault`) WHERE "session_days"."fault" is not null;--> statement-breakpoint
CREATE TABLE `user_days` (
	`userId` text NOT NULL,
	`sessionId` text NOT NULL,
	`day` integer NOT NULL,
	`firstAt` integer NOT NULL,
	PRIMARY KEY(`userId`, `sessionId`, `day`)
);
--> statement-breakpoint
CREATE INDEX `user_days_session` ON `user_days` (`sessionId`);--> statement-breakpoint
CREATE INDEX `user_days_day` ON `user_days` (`day`);--> statement-breakpoint
ALTER TABLE `events` ADD `fault` text;--> statement-breakpoint
ALTER TABLE `experiment_units` ADD `account` text;--> statement-breakpoint
ALTER TABLE `metric_units` ADD `account` text;--> statement-breakpoint
ALTER TABLE `outcomes` ADD `creditedUser` text;--> statement-breakpoint
ALTER TABLE `outcomes` ADD `creditedSession` text;--> statement-breakpoint
ALTER TABLE `outcomes` ADD `creditedRanking` text;--> statement-breakpoint
ALTER TABLE `outcomes` ADD `creditedItem` text;--> statement-breakpoint
CREATE INDEX `outcomes_credited_user` ON `outcomes` (`creditedUser`) WHERE "outcomes"."creditedUser" is not null;--> statement-breakpoint
CREATE INDEX `outcomes_credited_session` ON `outcomes` (`creditedSession`) WHERE "outcomes"."creditedSession" is not null;