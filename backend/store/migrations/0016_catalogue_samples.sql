CREATE TABLE `catalogue_samples` (
	`day` integer NOT NULL,
	`schemaHash` text NOT NULL,
	`items` integer NOT NULL,
	`bytes` blob NOT NULL,
	PRIMARY KEY(`schemaHash`, `day`)
);
