CREATE TABLE `daily_counts` (
	`day` integer NOT NULL,
	`itemId` text NOT NULL,
	`metric` text NOT NULL,
	`count` integer NOT NULL,
	`account` text NOT NULL,
	PRIMARY KEY(`day`, `itemId`, `metric`)
);
