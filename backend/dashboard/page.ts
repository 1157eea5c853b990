/** The page without its content, which the scripts read from the JSON API with the cookie that `/?key=` set. */
export const dashboardHtml = (): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Trimtab</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/dashboard/style.css">
<link rel="stylesheet" href="/dashboard/sections.css">
<script type="module" src="/dashboard/app.js"></script>
</head>
<body>
<div class="page">
<header>
<h1>Trimtab</h1>
<span id="updated" role="status">Loading …</span>
</header>
<main>
<div id="problem"></div>
<section id="live" aria-label="Live"></section>
<h2>Alerts</h2>
<section id="alerts" class="card"></section>
<h2>Click-through by version</h2>
<section id="clicks" class="card"></section>
<h2>Rollouts</h2>
<section id="rollouts"></section>
<h2>Experiments</h2>
<section id="experiments"></section>
<h2>Metric weights</h2>
<section id="metric-weights"></section>
<h2>Training runs</h2>
<section id="runs"></section>
<h2>Audit log</h2>
<section id="audit" class="card"></section>
</main>
</div>
<noscript>This page needs JavaScript; <code>trimtab status</code> shows the most important part of it.</noscript>
</body>
</html>
`;
