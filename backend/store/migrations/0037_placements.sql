ALTER TABLE `rollouts` ADD `lineage` text;--> statement-breakpoint
ALTER TABLE `experiments` ADD `placements` text;--> statement-breakpoint
ALTER TABLE `experiments` ADD `lineage` text;