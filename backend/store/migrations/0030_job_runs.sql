CREATE TABLE `job_runs` (
	`name` text PRIMARY KEY NOT NULL,
	`startedAt` integer NOT NULL,
	`finishedAt` integer NOT NULL,
	`problem` text
);
