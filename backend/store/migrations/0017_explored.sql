ALTER TABLE `decisions` ADD `optimism` real;--> statement-breakpoint
ALTER TABLE `decisions` ADD `maxLoss` real;--> statement-breakpoint
ALTER TABLE `decisions` ADD `fromSlot` integer;--> statement-breakpoint
ALTER TABLE `decisions` ADD `raises` blob;