CREATE TABLE `order_lines` (
	`lineId` text PRIMARY KEY NOT NULL,
	`orderId` text NOT NULL,
	`kind` text NOT NULL,
	`value` real,
	`at` integer NOT NULL,
	`receivedAt` integer NOT NULL,
	`rankingId` text,
	`itemId` text,
	`sessionId` text,
	`userId` text
);
--> statement-breakpoint
CREATE INDEX `order_lines_order` ON `order_lines` (`orderId`,`at`);--> statement-breakpoint
CREATE INDEX `order_lines_received` ON `order_lines` (`receivedAt`);--> statement-breakpoint
CREATE INDEX `order_lines_user` ON `order_lines` (`userId`);--> statement-breakpoint
CREATE INDEX `order_lines_session` ON `order_lines` (`sessionId`);--> statement-breakpoint
CREATE TABLE `orders` (
	`orderId` text PRIMARY KEY NOT NULL,
	`currentLine` text NOT NULL,
	`creditedRanking` text,
	`creditedItem` text,
	`creditedSession` text,
	`creditedUser` text,
	`creditedBy` text,
	`bookedAt` integer,
	`why` text
);
--> statement-breakpoint
CREATE INDEX `orders_ranking` ON `orders` (`creditedRanking`);--> statement-breakpoint
CREATE INDEX `orders_user` ON `orders` (`creditedUser`);--> statement-breakpoint
CREATE INDEX `orders_session` ON `orders` (`creditedSession`);--> statement-breakpoint
CREATE INDEX `orders_open` ON `orders` (`orderId`) WHERE "orders"."creditedRanking" is null;--> statement-breakpoint
ALTER TABLE `events` ADD `orderLine` text;--> statement-breakpoint
CREATE INDEX `events_order` ON `events` ((properties ->> '$.orderId')) WHERE type = 'booking' and json_valid(properties);--> statement-breakpoint
CREATE INDEX `events_order_line` ON `events` (`orderLine`) WHERE "events"."orderLine" is not null;