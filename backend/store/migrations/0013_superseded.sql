ALTER TABLE `publications` ADD `unneededSince` integer;--> statement-breakpoint
ALTER TABLE `publications` ADD `deletedAt` integer;