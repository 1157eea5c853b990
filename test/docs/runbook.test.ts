import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { program } from '../../backend/cli/program.ts';
import { ALERT_KINDS } from '../../backend/monitor/finding.ts';
import { PROMETHEUS_KINDS, RUNBOOK, runbookAnchor } from '../../backend/monitor/runbook.ts';
import { severityOf } from '../../backend/monitor/severity.ts';

const root = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const DOCS = root('docs/runbook.md');
const isProbed = (kind: string) => (PROMETHEUS_KINDS as readonly string[]).includes(kind);

function runbookText(): string {
  const sections = Object.entries(RUNBOOK).map(([kind, { means, urgency, look, act }]) => {
    const from = isProbed(kind) ? 'Prometheus' : `severity \`${severityOf(kind)}\``;
    return `<a id="${runbookAnchor(kind)}"></a>

## ${kind}

${means} (${from})

**How urgent.** ${urgency}

**How to look.**

\`\`\`sh
${look.join('\n')}
\`\`\`

**What to do.**

${act.map((step) => `- ${step}`).join('\n')}
`;
  });
  return `# Runbook

One section for each kind of alert: what it means, how urgent it is, how to look and what to do. What opens each is in [Operating](operating.md#watch), who is told in [Alerts](alerts.md). This page is
generated from \`backend/monitor/runbook.ts\` (\`npx vitest run test/docs -u\`), which the dashboard shows beside each alert.

${sections.join('\n')}`;
}

test('docs/runbook.md has a section for each kind of alert', async () => {
  const { stdout, status } = spawnSync(
    process.execPath,
    [root('node_modules/oxfmt/bin/oxfmt'), '--stdin-filepath', DOCS],
    { input: runbookText(), encoding: 'utf8', cwd: root('.') },
  );
  expect(status).toBe(0);
  await expect(stdout).toMatchFileSnapshot(DOCS);
  const headings = [...stdout.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading);
  expect(headings.toSorted()).toEqual([...ALERT_KINDS, ...PROMETHEUS_KINDS].toSorted());
});

/** All that the runbook has people type, whether in a block or within a sentence. */
const commands = Object.values(RUNBOOK).flatMap(({ look, act }) => [
  ...look,
  ...act.flatMap((step) => [...step.matchAll(/`(np[xm] [^`]+)`/g)].map(([, command]) => command)),
]);

test('every command of it exists', () => {
  const { scripts } = JSON.parse(readFileSync(root('package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  const known = program();
  for (const command of commands) {
    const [runner, tool, noun, verb] = command.split(' ');
    if (runner === 'npm') {
      expect(Object.keys(scripts), command).toContain(noun);
      continue;
    }
    if (tool === 'wrangler') {
      expect(['tail', 'rollback'], command).toContain(noun);
      continue;
    }
    expect(tool, command).toBe('trimtab');
    const found = known.commands.find((one) => one.name() === noun);
    expect(found, command).toBeDefined();
    if (verb !== undefined && found!.commands.length > 0 && !verb.startsWith('-'))
      expect(
        found!.commands.map((one) => one.name()),
        command,
      ).toContain(verb);
  }
  expect(commands.length).toBeGreaterThan(30);
});

test('each rule for Prometheus leads to a section', () => {
  const rules = readFileSync(root('docs/prometheus-alerts.yml'), 'utf8');
  const links = [...rules.matchAll(/runbook_url: '?docs\/runbook\.md#([^'\s]+)/g)];
  expect(links).toHaveLength([...rules.matchAll(/- alert:/g)].length);
  const anchors = Object.keys(RUNBOOK).map(runbookAnchor);
  for (const [, anchor] of links) if (!anchor.includes('{{')) expect(anchors).toContain(anchor);
});
