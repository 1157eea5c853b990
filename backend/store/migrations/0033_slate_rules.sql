CREATE TABLE `slate_rules` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`at` integer NOT NULL,
	`actor` text NOT NULL,
	`placement` text NOT NULL,
	`rules` text NOT NULL,
	`note` text,
	`until` integer,
	`removedAt` integer,
	`removedBy` text
);
--> statement-breakpoint
ALTER TABLE `decisions` ADD `boosts` blob;--> statement-breakpoint
ALTER TABLE `decisions` ADD `pinned` blob;--> statement-breakpoint
ALTER TABLE `decisions` ADD `isRestricted` integer DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE `decisions` ADD `pageOffset` integer;--> statement-breakpoint
ALTER TABLE `decisions` ADD `firstPage` text;