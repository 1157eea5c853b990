CREATE TABLE `erasures` (
	`id` text PRIMARY KEY NOT NULL,
	`at` integer NOT NULL,
	`kind` text NOT NULL,
	`by` text NOT NULL,
	`deletion` integer NOT NULL,
	`sessions` integer NOT NULL,
	`rows` text NOT NULL,
	`searched` text,
	`partitions` text,
	`journaledAt` integer,
	`partitionsAt` integer,
	`logAt` integer,
	`fileAt` integer,
	`replayedAt` integer
);
--> statement-breakpoint
CREATE INDEX `erasures_at` ON `erasures` (`at`);--> statement-breakpoint
CREATE INDEX `erasures_deletion` ON `erasures` (`deletion`);--> statement-breakpoint
ALTER TABLE `deleted_sessions` ADD `erasures` text DEFAULT '[]' NOT NULL;--> statement-breakpoint
ALTER TABLE `deleted_users` ADD `erasure` text;