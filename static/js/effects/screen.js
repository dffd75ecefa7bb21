// The one canvas above a pane that effects are drawn on, and what they know of the place.
const MOST_PIXELS = 1_800_000; // more would not be drawn 60 times a second everywhere
const DARKNESS = 0.94;

export function raise(pane, bubble) {
  const canvas = document.createElement("canvas");
  canvas.className = "effect-canvas";
  canvas.setAttribute("aria-hidden", "true");
  pane.append(canvas);
  const { clientWidth: width, clientHeight: height } = canvas;
  const ratio = Math.min(devicePixelRatio, 2, Math.sqrt(MOST_PIXELS / (width * height || 1)));
  canvas.width = width * ratio;
  canvas.height = height * ratio;
  const brush = canvas.getContext("2d");
  brush.scale(ratio, ratio);
  return { canvas, brush, ...placeOf(pane, bubble), ratio };
}

// `at` tells where the bubble stands in the pane, which may scroll while an effect plays.
function placeOf(pane, bubble) {
  const { clientWidth: width, clientHeight: height } = pane;
  const at = () => {
    const own = bubble.getBoundingClientRect();
    const around = pane.getBoundingClientRect();
    return new DOMRect(own.x - around.x, own.y - around.y, own.width, own.height);
  };
  return { pane, bubble, width, height, at, night: colour("night") };
}

export function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

export const party = () => [1, 2, 3, 4, 5, 6].map((number) => colour(`party-${number}`));

// Something to draw on apart; `ratio` as on the screen.
export function blank(width, height, ratio = 1) {
  const sprite = new OffscreenCanvas(Math.ceil(width * ratio), Math.ceil(height * ratio));
  const brush = sprite.getContext("2d");
  brush.scale(ratio, ratio);
  return { sprite, brush };
}

// A soft round light, drawn once and stamped often.
export function glow(tint, size = 64) {
  const { sprite, brush } = blank(size, size);
  const middle = size / 2;
  const shape = brush.createRadialGradient(middle, middle, 0, middle, middle, middle);
  shape.addColorStop(0, "rgb(0 0 0 / 1)");
  shape.addColorStop(0.25, "rgb(0 0 0 / 0.55)");
  shape.addColorStop(0.55, "rgb(0 0 0 / 0.14)");
  shape.addColorStop(1, "rgb(0 0 0 / 0)");
  brush.fillStyle = shape;
  brush.fillRect(0, 0, size, size);
  brush.globalCompositeOperation = "source-in";
  brush.fillStyle = tint;
  brush.fillRect(0, 0, size, size);
  return sprite;
}

export function stamp(brush, sprite, x, y, size, alpha = 1) {
  brush.globalAlpha = alpha;
  brush.drawImage(sprite, x - size / 2, y - size / 2, size, size);
}

// The outline of a bubble, inside its soft edge by `inset`.
export function bubblePath(brush, bubble, { x, y, width, height }, inset = 0) {
  const style = getComputedStyle(bubble);
  const radii = ["TopLeft", "TopRight", "BottomRight", "BottomLeft"].map((corner) =>
    Math.max(0, parseFloat(style[`border${corner}Radius`]) - inset),
  );
  brush.beginPath();
  brush.roundRect(x + inset, y + inset, width - 2 * inset, height - 2 * inset, radii);
}

// Light shows only in the dark: lay a night over the pane.
export function darken(brush, { width, height, night }, strength) {
  brush.globalCompositeOperation = "source-over";
  brush.globalAlpha = strength * DARKNESS;
  brush.fillStyle = night;
  brush.fillRect(0, 0, width, height);
}

// A night that leaves the bubble lit.
export function darkenAround(brush, scene, strength) {
  darken(brush, scene, strength);
  brush.globalCompositeOperation = "destination-out";
  brush.globalAlpha = 1;
  bubblePath(brush, scene.bubble, scene.at(), 0.5);
  brush.fill();
  brush.globalCompositeOperation = "source-over";
}
