ALTER TABLE `decisions` ADD `placement` text DEFAULT 'main' NOT NULL;--> statement-breakpoint
ALTER TABLE `decisions` ADD `consent` text DEFAULT 'measure' NOT NULL;--> statement-breakpoint
ALTER TABLE `outcomes` ADD `placement` text;--> statement-breakpoint
CREATE TABLE `__new_events` (
	`rankingId` text NOT NULL,
	`eventId` text NOT NULL,
	`type` text NOT NULL,
	`itemId` text,
	`position` integer,
	`value` real,
	`properties` text,
	`timestamp` integer NOT NULL,
	`receivedAt` integer NOT NULL,
	`sessionId` text NOT NULL,
	`userId` text,
	`placement` text DEFAULT 'main' NOT NULL,
	`arm` text,
	`weights` text NOT NULL,
	`fault` text,
	PRIMARY KEY(`rankingId`, `eventId`)
);
--> statement-breakpoint
INSERT INTO `__new_events` (`rowid`, `rankingId`, `eventId`, `type`, `itemId`, `position`, `value`, `properties`, `timestamp`, `receivedAt`, `sessionId`, `userId`, `arm`, `weights`, `fault`) SELECT `rowid`, `rankingId`, `eventId`, `type`, `itemId`, `position`, `value`, `properties`, `timestamp`, `receivedAt`, `sessionId`, `userId`, `arm`, `weights`, `fault` FROM `events`;--> statement-breakpoint
DROP TABLE `events`;--> statement-breakpoint
ALTER TABLE `__new_events` RENAME TO `events`;--> statement-breakpoint
CREATE INDEX `events_ranking_type` ON `events` (`rankingId`,`type`);--> statement-breakpoint
CREATE INDEX `events_user` ON `events` (`userId`);--> statement-breakpoint
CREATE INDEX `events_received` ON `events` (`receivedAt`);
