// Does what the address stands for by a POST: by itself where the page says so, since whoever opened the link should
// not have to click again, else when the button is pressed. A mail scanner runs no script, and so confirms nothing.
const card = document.getElementById("confirm");
const said = document.getElementById("said");
const form = card.querySelector("form");

async function confirmThis() {
  form.hidden = true;
  said.textContent = card.dataset.working;
  try {
    const answer = await fetch(location.href, { method: "POST", headers: { Accept: "application/json" } });
    const body = await answer.json();
    card.classList.add(answer.ok ? "done" : "failed");
    said.textContent = answer.ok ? body.message : body.detail;
    if (body.reset) location.replace(body.reset);
  } catch {
    said.textContent = card.dataset.failed;
    form.hidden = false;
  }
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  confirmThis();
});
if ("byItself" in card.dataset) confirmThis();
