// Reads the picture of a QR code in this browser: chosen, dropped, pasted or just photographed.
const SIZES = [1600, 800, 3200]; // longest side in pixels; what one size cannot show another may
const form = document.getElementById("totp-new");
const area = document.getElementById("qr-drop");
const trouble = document.getElementById("uri-error");

async function read(file) {
  const [{ decodeQR }, picture] = await Promise.all([import("../vendor/qr/decode.js"), createImageBitmap(file)]);
  for (const size of SIZES) {
    const scale = Math.min(1, size / Math.max(picture.width, picture.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(picture.width * scale));
    canvas.height = Math.max(1, Math.round(picture.height * scale));
    const brush = canvas.getContext("2d");
    brush.fillStyle = "white"; // behind what is transparent
    brush.fillRect(0, 0, canvas.width, canvas.height);
    brush.drawImage(picture, 0, 0, canvas.width, canvas.height);
    try {
      return decodeQR(brush.getImageData(0, 0, canvas.width, canvas.height), { timeLimit: 500 });
    } catch {
      // No code at this size.
    }
  }
  return "";
}

async function take(file) {
  if (!file) return;
  trouble.textContent = "";
  area.setAttribute("aria-busy", "true");
  try {
    const words = await read(file);
    if (!words) trouble.textContent = "There is no QR code in this picture that can be read. Take it closer and straight.";
    else {
      form.elements.uri.value = words;
      form.requestSubmit();
    }
  } catch {
    trouble.textContent = "This browser cannot open the picture. Use a PNG or JPEG.";
  } finally {
    area.removeAttribute("aria-busy");
  }
}

const picture = (list) => [...list].find(({ type }) => type.startsWith("image/"));
area.addEventListener("change", ({ target }) => take(target.files[0]));
for (const kind of ["dragenter", "dragover", "dragleave", "drop"]) {
  document.addEventListener(kind, (event) => {
    event.preventDefault(); // a picture beside the area must not take the place of the page
    area.toggleAttribute("data-over", kind === "dragenter" || kind === "dragover");
    if (kind === "drop") take(picture(event.dataTransfer.files));
  });
}
document.addEventListener("paste", (event) => {
  const file = picture(event.clipboardData.files);
  if (!file) return;
  event.preventDefault();
  take(file);
});
// A page that is left keeps no secret, also not for the way back.
addEventListener("pagehide", () => form.reset());
