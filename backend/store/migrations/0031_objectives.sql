CREATE TABLE `objective_counts` (
	`objective` text NOT NULL,
	`at` integer NOT NULL,
	`good` integer NOT NULL,
	`total` integer NOT NULL,
	PRIMARY KEY(`objective`, `at`)
);
--> statement-breakpoint
ALTER TABLE `batches` ADD `oldestEventMs` integer;