/** The version of Trimtab that edge and backend say they are of: that of `package.json`, which the Worker does not bundle. */
export const RELEASE = '0.1.0';
