// The one time that a secret is shown: to be copied, or drawn for another authenticator app.
import { copy } from "./clipboard.js";

const about = document.getElementById("created").dataset;
const shown = document.getElementById("created-secret");
const canvas = document.getElementById("created-qr");
const drawer = document.getElementById("draw-secret");
const PIXELS = 5; // for each module

function address() {
  const name = [about.issuer, about.label].filter(Boolean).map(encodeURIComponent).join(":");
  const parts = { secret: shown.textContent, issuer: about.issuer, algorithm: about.algorithm, digits: about.digits, period: about.period };
  const query = Object.entries(parts).filter(([, value]) => value).map((pair) => pair.map(encodeURIComponent).join("="));
  return `otpauth://totp/${name}?${query.join("&")}`;
}

async function draw() {
  const { encodeQR } = await import("../vendor/qr/index.js");
  const rows = encodeQR(address(), "raw", { border: 4 });
  canvas.width = canvas.height = rows.length * PIXELS;
  const brush = canvas.getContext("2d");
  brush.fillStyle = "white";
  brush.fillRect(0, 0, canvas.width, canvas.height);
  brush.fillStyle = "black";
  rows.forEach((row, y) => row.forEach((isDark, x) => isDark && brush.fillRect(x * PIXELS, y * PIXELS, PIXELS, PIXELS)));
}

document.getElementById("copy-secret")?.addEventListener("click", async () => {
  const isCopied = await copy(shown.textContent, shown);
  document.getElementById("created-news").textContent = isCopied ? "Copied" : "It is selected: press Ctrl C.";
});
drawer?.addEventListener("click", async () => {
  if (canvas.hidden) await draw();
  canvas.hidden = !canvas.hidden;
  drawer.setAttribute("aria-expanded", String(!canvas.hidden));
});
addEventListener("pagehide", () => {
  shown?.replaceChildren();
  canvas.hidden = true;
  canvas.width = 0;
});
