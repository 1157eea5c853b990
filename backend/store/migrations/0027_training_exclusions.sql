CREATE TABLE `training_exclusions` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`kind` text NOT NULL,
	`subject` text NOT NULL,
	`reason` text NOT NULL,
	`by` text NOT NULL,
	`at` integer NOT NULL,
	`liftedAt` integer,
	`liftedBy` text,
	`liftReason` text
);
--> statement-breakpoint
CREATE UNIQUE INDEX `training_exclusions_held` ON `training_exclusions` (`kind`,`subject`) WHERE "training_exclusions"."liftedAt" is null;
