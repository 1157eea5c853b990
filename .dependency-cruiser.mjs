/**
 * What may import what, types included: `npm run check` holds it. Folders are listed from the bottom up, and each may
 * import those above it in the list, never those below; so no cycle between folders can arise.
 */
const SCIENCE = ['statistics', 'learn', 'evaluation', 'training', 'metric-weighting', 'experiment'];

/** `cli/` and the files of `backend/` itself, which put the parts together, stand above all of these. */
const BACKEND = [
  ...SCIENCE.map((folder) => `science/${folder}`),
  'device',
  'settings',
  'process',
  'outbound',
  'table',
  'interchange',
  'store',
  'scheduler',
  'models',
  'access',
  'catalogue',
  'log',
  'reward',
  'experiments',
  'apprentice',
  'rollouts',
  'costs',
  'monitor',
  'reports',
  'business',
  'runs',
  'login',
  'config',
  'offline',
  'backup',
  'doctor',
  'http',
  'dashboard',
  'client',
  'replay',
  'start',
  'deploy',
];

/** Everything in a list is forbidden to import what comes after it. */
const oneWay = (root, folders) =>
  folders.slice(0, -1).map((folder, i) => ({
    name: `${root}/${folder} is below`,
    comment: `${root}/${folder} may not import ${folders.slice(i + 1).join(', ')}: move what both need further down`,
    severity: 'error',
    from: { path: `^${root}/${folder}/` },
    to: { path: `^${root}/(${folders.slice(i + 1).join('|')})/` },
  }));

export default {
  forbidden: [
    {
      name: 'shared is alone',
      comment:
        'shared/ runs at the edge and in Node: it imports only itself, and the hashes that both have',
      severity: 'error',
      from: { path: '^shared/' },
      to: { pathNot: ['^shared/', '^(node:)?crypto$'] },
    },
    {
      name: 'edge and backend are apart',
      comment: 'edge and backend meet in shared/ and over HTTP',
      severity: 'error',
      from: { path: '^(edge|backend)/' },
      to: { path: '^(edge|backend)/', pathNot: '^$1/' },
    },
    {
      name: 'the client is alone',
      comment:
        'edge/client/ runs in pages: it is published and imports nothing of the Worker, nor the Worker of it',
      severity: 'error',
      from: { path: '^edge/client/' },
      to: { path: '^edge/', pathNot: '^edge/client/' },
    },
    {
      name: 'the Worker serves the client as text',
      severity: 'error',
      from: { path: '^edge/', pathNot: '^edge/(client|shop/page)/' },
      to: { path: '^edge/client/' },
    },
    {
      name: 'the Worker serves the shop as text',
      comment:
        'edge/shop/page/ runs in pages: it has the client and types of shared/, and the Worker nothing of it',
      severity: 'error',
      from: { path: '^edge/', pathNot: '^edge/shop/page/' },
      to: { path: '^edge/shop/page/' },
    },
    {
      name: 'the shop knows no more than pages do',
      severity: 'error',
      from: { path: '^edge/shop/page/' },
      to: { path: '^(edge|shared|backend)/', pathNot: '^edge/(shop/page|client)/' },
    },
    {
      name: 'science is pure',
      comment:
        'science/ has no I/O, no clock, no store and no process: it is handed data and a device',
      severity: 'error',
      from: { path: '^backend/science/' },
      to: { pathNot: ['^backend/science/', '^shared/', '^node_modules/zod/'] },
    },
    {
      name: 'only the command line is above the server',
      severity: 'error',
      from: { path: '^backend/', pathNot: '^backend/(cli/|launch\\.js$)' },
      to: { path: '^backend/cli/' },
    },
    {
      name: 'only the command line starts the server',
      comment: 'files of backend/ itself put the parts together: no part knows them',
      severity: 'error',
      from: { path: '^backend/[^/]+/', pathNot: '^backend/cli/' },
      to: { path: '^backend/[^/]+$' },
    },
    {
      name: 'no cycle between folders',
      severity: 'error',
      scope: 'folder',
      from: { path: '^(shared|edge|backend)' },
      to: { circular: true },
    },
    {
      name: 'no cycle between files',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    ...oneWay('backend', BACKEND),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: {
      path: [
        '^(backend/device/cpu|backend/catalogue/related|shared/kernels)/assembly/',
        '^backend/dashboard/browser/',
      ],
    },
    parser: 'swc',
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'default'],
    },
  },
};
