// Draws a list of places on a map where the site has pictures for one, and lets the browser say where the person is.

const FURTHEST_IN = 14;

function mark(place, number) {
  const icon = L.divIcon({ className: "place-mark", html: String(number), iconSize: [28, 28] });
  const title = place.far ? `${place.name}, ${place.far}` : place.name;
  const made = L.marker(place.at, { icon, title });
  made.on("add", () => made.getElement().setAttribute("aria-label", `${number}: ${title}`));
  made.on("click keypress", () => place.url && window.location.assign(place.url));
  return made;
}

function draw(box) {
  const points = JSON.parse(box.dataset.points);
  box.hidden = false;
  const map = L.map(box, { scrollWheelZoom: false });
  L.tileLayer(box.dataset.tiles, {
    attribution: new Option(box.dataset.credit).innerHTML,
    maxZoom: 19,
    referrerPolicy: "strict-origin-when-cross-origin",
  }).addTo(map);
  map.attributionControl.setPrefix(false);
  const seen = points.map((place) => place.at);
  points.forEach((place, index) => mark(place, index + 1).addTo(map));
  if (box.dataset.centre) {
    const here = box.dataset.centre.split(",").map(Number);
    seen.push(here);
    L.marker(here, { icon: L.divIcon({ className: "place-mark is-here", iconSize: [16, 16] }), keyboard: false, interactive: false }).addTo(map);
  }
  if (seen.length) {
    map.fitBounds(seen, { padding: [32, 32], maxZoom: FURTHEST_IN });
  } else {
    map.setView([0, 0], 1);
  }
}

function ask(button) {
  const form = button.form;
  button.hidden = !("geolocation" in navigator);
  button.addEventListener("click", () => {
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        form.querySelector("input.form-control").value = `${coords.latitude.toFixed(5)}, ${coords.longitude.toFixed(5)}`;
        form.requestSubmit();
      },
      () => {
        form.querySelector("[data-here-says]").textContent = button.dataset.here;
      },
      { timeout: 10000, maximumAge: 300000 },
    );
  });
}

function start(root) {
  root.querySelectorAll("button[data-here][hidden]").forEach(ask);
  if (window.L) {
    root.querySelectorAll(".place-map[hidden]").forEach(draw);
  }
}

start(document);
document.addEventListener("htmx:afterSwap", () => start(document));
