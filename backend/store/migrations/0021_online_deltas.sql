CREATE TABLE `online_deltas` (
	`arm` text NOT NULL,
	`version` text NOT NULL,
	`number` integer NOT NULL,
	`at` integer NOT NULL,
	`content` blob NOT NULL,
	PRIMARY KEY(`arm`, `version`, `number`)
);
--> statement-breakpoint
ALTER TABLE `online_learning` ADD `changed` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `online_learning` ADD `atLimit` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `online_learning` ADD `limitedSince` integer;