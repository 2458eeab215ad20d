// Says that a download is being prepared until the server begins to send it, of which a cookie with the script's own token tells.

const COOKIE = "foyer_download";
const LOOK = 250;
const PATIENCE = 300000;

function fresh() {
  const bytes = crypto.getRandomValues(new Uint8Array(8));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-ready]");
  const said = link?.closest(".list")?.querySelector("[data-preparing]");
  if (!said) {
    return;
  }
  const token = fresh();
  const url = new URL(link.href);
  url.searchParams.set(link.dataset.ready, token);
  link.href = url.href;
  link.closest("details").open = false;
  said.textContent = said.dataset.preparing;
  const until = Date.now() + PATIENCE;
  const timer = window.setInterval(() => {
    const begun = document.cookie.split("; ").includes(`${COOKIE}=${token}`);
    if (begun || Date.now() > until) {
      window.clearInterval(timer);
      said.textContent = begun ? said.dataset.begun : "";
    }
  }, LOOK);
});
