/** Pages load and connect to what is of this address alone, and stand in no frame. */
export const OWN_ALONE = {
  contentSecurityPolicy: {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'"],
    connectSrc: ["'self'"],
    imgSrc: ["'self'", 'data:'],
    baseUri: ["'none'"],
    formAction: ["'self'"],
    frameAncestors: ["'none'"],
  },
  referrerPolicy: 'no-referrer',
  xFrameOptions: 'DENY',
};

/** Of a browser that somebody else uses next, nothing is shown that was. */
export const NEVER_KEPT = { 'cache-control': 'no-store' };
