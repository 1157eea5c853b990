CREATE TABLE `item_changes` (
	`revision` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`id` text NOT NULL
);
--> statement-breakpoint
ALTER TABLE `snapshots` ADD `base` text;--> statement-breakpoint
ALTER TABLE `snapshots` ADD `patches` text;--> statement-breakpoint
ALTER TABLE `snapshots` ADD `revision` integer;--> statement-breakpoint
CREATE TRIGGER `item_put` AFTER INSERT ON `items` BEGIN INSERT INTO `item_changes` (`id`) VALUES (new.`id`); END;--> statement-breakpoint
CREATE TRIGGER `item_changed` AFTER UPDATE OF `attributes` ON `items` WHEN old.`attributes` IS NOT new.`attributes` BEGIN INSERT INTO `item_changes` (`id`) VALUES (new.`id`); END;--> statement-breakpoint
CREATE TRIGGER `item_deleted` AFTER DELETE ON `items` BEGIN INSERT INTO `item_changes` (`id`) VALUES (old.`id`); END;
