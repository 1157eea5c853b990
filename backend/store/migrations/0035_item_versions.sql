CREATE TABLE `item_versions` (
	`id` text PRIMARY KEY NOT NULL,
	`version` integer NOT NULL,
	`request` text NOT NULL,
	`isDeleted` integer NOT NULL
);
