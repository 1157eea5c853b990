CREATE TABLE `learned_parts` (
	`hash` text PRIMARY KEY NOT NULL,
	`items` integer NOT NULL,
	`publishedAt` integer NOT NULL,
	`bytes` blob NOT NULL
);
--> statement-breakpoint
ALTER TABLE `decisions` ADD `learned` text;