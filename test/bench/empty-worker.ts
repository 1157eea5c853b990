/** The least that a Worker can do: what a ranking's time is held against. */
export default {
  fetch: (_request: Request, { ANSWER }: { ANSWER: string }): Response =>
    new Response(ANSWER, { headers: { 'content-type': 'application/json' } }),
};
