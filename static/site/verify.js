// Confirms by itself: whoever opened the link should not have to click again. A mail scanner runs no script, and so
// confirms nothing.
const card = document.getElementById("verify");
const said = document.getElementById("said");
const form = card.querySelector("form");

async function confirmAddress() {
  form.hidden = true;
  said.textContent = card.dataset.working;
  try {
    const answer = await fetch(location.href, { method: "POST", headers: { Accept: "application/json" } });
    const body = await answer.json();
    card.classList.add(answer.ok ? "done" : "failed");
    said.textContent = answer.ok ? body.message : body.detail;
  } catch {
    said.textContent = card.dataset.failed;
    form.hidden = false;
  }
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  confirmAddress();
});
confirmAddress();
