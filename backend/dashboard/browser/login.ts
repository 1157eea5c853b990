/** The token of a link stands behind "#", which browsers send to nobody: it goes into the form, and out of the address. */
const token = new URLSearchParams(location.hash.slice(1)).get('token');
if (token !== null) {
  history.replaceState(null, '', location.pathname + location.search);
  const form = document.querySelector<HTMLFormElement>('#sign-in')!;
  form.querySelector<HTMLInputElement>('#token')!.value = token;
  form.requestSubmit();
}
