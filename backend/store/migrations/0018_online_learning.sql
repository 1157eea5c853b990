CREATE TABLE `online_learning` (
	`arm` text PRIMARY KEY NOT NULL,
	`version` text NOT NULL,
	`startedAt` integer NOT NULL,
	`reward` text NOT NULL,
	`calibration` text NOT NULL,
	`posterior` blob NOT NULL,
	`salt` text NOT NULL,
	`slates` integer NOT NULL,
	`rewarded` integer NOT NULL,
	`earned` real NOT NULL,
	`updatedAt` integer NOT NULL,
	`stoppedAt` integer,
	`why` text
);
