CREATE TABLE `alert_notices` (
	`alertId` integer NOT NULL,
	`type` text NOT NULL,
	`channel` text NOT NULL,
	`attempts` integer NOT NULL,
	`nextAt` integer NOT NULL,
	`takenAt` integer,
	PRIMARY KEY(`alertId`, `type`, `channel`)
);
--> statement-breakpoint
CREATE TABLE `visitor_latency` (
	`hour` integer PRIMARY KEY NOT NULL,
	`timings` integer NOT NULL,
	`late` integer NOT NULL,
	`p50` real,
	`p95` real,
	`p99` real
);
--> statement-breakpoint
INSERT INTO `alert_notices` SELECT `id`, 'opened', 'webhook', 1, 0, `notifiedAt` FROM `alerts`
	WHERE `notifiedAt` IS NOT NULL AND (`resolvedAt` IS NULL OR `recoveryNotifiedAt` IS NULL);--> statement-breakpoint
INSERT INTO `alert_notices` SELECT `id`, 'opened', 'webhook', `noticeAttempts`, `nextNoticeAt`, NULL FROM `alerts`
	WHERE `notifiedAt` IS NULL AND `noticeAttempts` > 0;--> statement-breakpoint
INSERT INTO `alert_notices` SELECT `id`, 'recovered', 'webhook', `noticeAttempts`, `nextNoticeAt`, NULL FROM `alerts`
	WHERE `notifiedAt` IS NOT NULL AND `resolvedAt` IS NOT NULL AND `recoveryNotifiedAt` IS NULL AND `noticeAttempts` > 0;
