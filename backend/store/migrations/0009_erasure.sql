CREATE TABLE `deleted_sessions` (
	`sessionId` text PRIMARY KEY NOT NULL,
	`deletedAt` integer NOT NULL,
	`deletion` integer NOT NULL
);
--> statement-breakpoint
ALTER TABLE `deleted_users` ADD `deletion` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
UPDATE `deleted_users` SET `deletion` = `rowid`;--> statement-breakpoint
CREATE INDEX `events_session` ON `events` (`sessionId`);
