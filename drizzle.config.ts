import { defineConfig } from 'drizzle-kit';

/** `npx drizzle-kit generate` writes the next migration; the backend applies them when it starts. */
export default defineConfig({
  dialect: 'sqlite',
  schema: './backend/store/tables.ts',
  out: './backend/store/migrations',
});
