CREATE INDEX `events_received` ON `events` (`receivedAt`);--> statement-breakpoint
CREATE INDEX `outcomes_at` ON `outcomes` (`at`);