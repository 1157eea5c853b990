CREATE TABLE `apprentice_changes` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`at` integer NOT NULL,
	`actor` text NOT NULL,
	`placement` text NOT NULL,
	`share` real NOT NULL
);
--> statement-breakpoint
ALTER TABLE `decisions` ADD `siteOrder` integer DEFAULT false NOT NULL;