CREATE TABLE `feeds` (
	`name` text PRIMARY KEY NOT NULL,
	`etag` text,
	`lastModified` text,
	`readBy` text,
	`askedAt` integer NOT NULL,
	`takenAt` integer,
	`taken` text,
	`problem` text,
	`refusedSince` integer
);
--> statement-breakpoint
ALTER TABLE `items` ADD `feed` text;