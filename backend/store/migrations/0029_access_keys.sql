CREATE TABLE `access_keys` (
	`hash` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`scopes` text NOT NULL,
	`origins` text,
	`createdAt` integer NOT NULL,
	`createdBy` text NOT NULL,
	`expiresAt` integer,
	`revokedAt` integer,
	`lastUsedAt` integer,
	`revision` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `access_keys_name` ON `access_keys` (`name`);--> statement-breakpoint
ALTER TABLE `login_sessions` ADD `origin` text;--> statement-breakpoint
-- Where those came from who are signed in is told by the audit log alone; whose it does not tell has to sign in again.
UPDATE `login_sessions` SET `origin` = (SELECT CASE json_extract(`details`, '$.by') WHEN 'link' THEN 'link' END FROM `audit` WHERE `action` = 'sign in' AND `subject` = `name` AND `at` = `createdAt` ORDER BY `id` DESC LIMIT 1);
