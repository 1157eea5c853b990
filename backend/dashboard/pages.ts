/** The dashboard's pages, in the order of the navigation. */
export const PAGES = [
  {
    path: 'now',
    title: 'Now',
    about: 'What visitors get at this moment, and whether all is well.',
  },
  {
    path: 'ranking',
    title: 'Ranking',
    about: 'Why a request is answered as it is, and what a past ranking showed.',
  },
  {
    path: 'weights',
    title: 'Weights',
    about: 'What each version has learned, and which of them visitors are ranked by.',
  },
  {
    path: 'training',
    title: 'Training',
    about: 'What was learned, from which data, and whether it was good enough.',
  },
  {
    path: 'experiments',
    title: 'Experiments',
    about: 'Versions, explorations and rewards compared on live traffic.',
  },
  {
    path: 'metric-weights',
    title: 'Metric weights',
    about: 'What a click, a save or a booking is worth: the reward that training learns from.',
  },
  {
    path: 'business',
    title: 'Business',
    about: 'What visitors do with what they are shown, by version and over time.',
  },
  {
    path: 'catalogue',
    title: 'Catalogue',
    about: 'What can be ranked, and what became of the feeds that it is read from.',
  },
  {
    path: 'slate-rules',
    title: 'Slate rules',
    about: 'Caps, quotas, pins and boosts that operators ask of all lists for now.',
  },
  {
    path: 'objectives',
    title: 'Objectives',
    about: 'What the service is to keep to, and what is left to go wrong.',
  },
  { path: 'audit', title: 'Audit', about: 'Who changed what is live, and when.' },
  { path: 'alerts', title: 'Alerts', about: 'Conditions that need attention.' },
] as const;

/** What is no page of sections: Scalar shows it. */
export const REFERENCE = {
  path: 'api',
  title: 'API',
  about: 'What the backend and the edge take and answer.',
} as const;

export type PageName = (typeof PAGES)[number]['path'];
