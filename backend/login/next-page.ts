/** A page of the dashboard with its query, and nothing that leads elsewhere. */
const PAGE = /^\/dashboard\/[a-z-]{1,40}(\?[\w\-.~%=&+:,*]{0,2000})?$/;

export const FIRST_PAGE = '/dashboard/now';

/** Where to go after signing in: a page of this dashboard, else the first one, whatever was asked for. */
export const nextPage = (asked: string | undefined): string =>
  asked !== undefined && PAGE.test(asked) ? asked : FIRST_PAGE;
