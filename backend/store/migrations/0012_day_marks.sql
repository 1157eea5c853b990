CREATE TABLE `day_marks` (
	`day` integer PRIMARY KEY NOT NULL,
	`mark` text NOT NULL
);
