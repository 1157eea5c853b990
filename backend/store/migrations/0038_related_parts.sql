CREATE TABLE `related_parts` (
	`hash` text PRIMARY KEY NOT NULL,
	`items` integer NOT NULL,
	`sizeBytes` integer NOT NULL,
	`madeOf` text NOT NULL,
	`publishedAt` integer NOT NULL,
	`bytes` blob NOT NULL
);
