CREATE TABLE `experiment_units` (
	`experiment` text NOT NULL,
	`unit` text NOT NULL,
	`userId` text,
	`sessions` text DEFAULT '[]' NOT NULL,
	`firstAt` integer NOT NULL,
	`arm` text NOT NULL,
	`arms` integer NOT NULL,
	`visitor` text NOT NULL,
	`context` text,
	`refused` integer NOT NULL,
	`after` text NOT NULL,
	`before` text NOT NULL,
	PRIMARY KEY(`experiment`, `unit`)
);
--> statement-breakpoint
CREATE INDEX `experiment_units_user` ON `experiment_units` (`userId`);