// Passkeys (WebAuthn): a form with a button that asks the browser for one, and sends what it answers.
(() => {
  "use strict";
  const form = document.querySelector("form[data-passkey]");
  if (!form || !window.PublicKeyCredential) return;
  const button = form.querySelector("button"), failed = form.querySelector("[role=alert]");
  let asking = new AbortController(), offering = 0;

  const bytes = text =>
    Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), sign => sign.charCodeAt(0));
  const text = buffer => buffer && btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

  // To make one the page says how; to show one the server is asked, for a challenge is soon over.
  async function wanted() {
    if (form.dataset.passkey) return JSON.parse(form.dataset.passkey);
    const answer = await fetch(form.action);
    if (!answer.ok) throw new Error(answer.statusText);
    return answer.json();
  }

  async function ask(mediation) {
    asking.abort();
    asking = new AbortController();
    const { signal } = asking, publicKey = await wanted(), { user } = publicKey;
    publicKey.challenge = bytes(publicKey.challenge);
    if (user) user.id = bytes(user.id);
    for (const one of publicKey.excludeCredentials ?? []) one.id = bytes(one.id);
    const options = { publicKey, signal, ...mediation };
    const made = await (user ? navigator.credentials.create(options) : navigator.credentials.get(options));
    const response = {};
    for (const part of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"])
      response[part] = text(made.response[part]) ?? undefined;
    form.elements.passkey.value =
      JSON.stringify({ id: made.id, rawId: text(made.rawId), type: made.type, response });
    form.requestSubmit();
  }

  button.addEventListener("click", async () => {
    clearInterval(offering);
    failed.hidden = true;
    try { await ask(); } catch { failed.hidden = false; }
  });

  // Beside the field of the name the browser offers the passkeys that it has.
  async function offer() {
    try { await ask({ mediation: "conditional" }); } catch { /* nobody asked for it */ }
  }
  async function begin() {
    if (!document.querySelector("[autocomplete~=webauthn]")) return;
    if (!await PublicKeyCredential.isConditionalMediationAvailable?.()) return;
    offering = setInterval(offer, 240_000);
    offer();
  }

  document.querySelector("[data-without-passkeys]")?.remove();
  form.hidden = false;
  begin();
})();
