CREATE TABLE `exchange_rates` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`base` text NOT NULL,
	`day` text NOT NULL,
	`perBase` text NOT NULL,
	`takenAt` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `markets` (
	`name` text PRIMARY KEY NOT NULL,
	`value` text NOT NULL,
	`since` integer NOT NULL
);
