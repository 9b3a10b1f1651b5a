// Rows that scroll sideways do so by touch and keyboard as they are; this adds buttons, and arrows from title to title.
const calm = matchMedia("(prefers-reduced-motion: reduce)");

for (const reel of document.querySelectorAll(".reel")) {
  const list = reel.querySelector("ul");
  const back = reel.querySelector(".back");
  const on = reel.querySelector(".on");

  const update = () => {
    const most = list.scrollWidth - list.clientWidth;
    back.hidden = most < 8 || list.scrollLeft < 8;
    on.hidden = most < 8 || list.scrollLeft > most - 8;
  };
  const turn = (pages) =>
    list.scrollBy({ left: pages * list.clientWidth * 0.85, behavior: calm.matches ? "auto" : "smooth" });

  back.addEventListener("click", () => turn(-1));
  on.addEventListener("click", () => turn(1));
  list.addEventListener("scroll", update, { passive: true });
  list.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const links = [...list.querySelectorAll("a")];
    const next = links[links.indexOf(document.activeElement) + step];
    if (!step || document.activeElement === list || !next) return;
    event.preventDefault();
    next.focus({ preventScroll: true });
    next.scrollIntoView({ block: "nearest", inline: "nearest", behavior: calm.matches ? "auto" : "smooth" });
  });
  new ResizeObserver(update).observe(list);
}
