CREATE TABLE `pointer_revisions` (
	`revision` integer PRIMARY KEY NOT NULL,
	`at` integer NOT NULL,
	`text` text
);
--> statement-breakpoint
ALTER TABLE `decisions` ADD `pointerRevision` integer;--> statement-breakpoint
ALTER TABLE `events` ADD `pointerRevision` integer;--> statement-breakpoint
ALTER TABLE `exposures` ADD `pointerRevision` integer;