// Sends the new password with what the address holds, as JSON. The form is hidden until this runs: without script its
// password would go nowhere.
const card = document.getElementById("reset");
const said = document.getElementById("said");
const form = card.querySelector("form");
const [, api, uid, token] = location.pathname.match(/^(.*)\/([^/]+)\/([^/]+)$/);

async function setPassword() {
  const button = form.querySelector("button");
  button.disabled = true;
  card.classList.remove("failed");
  said.textContent = card.dataset.working;
  try {
    const answer = await fetch(api, {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/json" },
      body: JSON.stringify({
        uid: decodeURIComponent(uid),
        token: decodeURIComponent(token),
        password: form.password.value,
      }),
    });
    const body = await answer.json();
    const wrong = body.errors?.find((item) => item.pointer === "/password");
    card.classList.add(answer.ok ? "done" : "failed");
    said.textContent = answer.ok ? body.message : (wrong?.detail ?? body.detail);
    form.hidden = answer.ok || answer.status === 404;
  } catch {
    card.classList.add("failed");
    said.textContent = card.dataset.failed;
  }
  button.disabled = false;
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  setPassword();
});
document.getElementById("shown").addEventListener("change", (event) => {
  form.password.type = event.target.checked ? "text" : "password";
});
form.hidden = false;
form.password.focus();
