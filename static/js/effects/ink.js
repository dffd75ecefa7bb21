// Invisible ink: the words lie under shimmering dust, which a rubbing pointer wipes away.
import { TURN, between, easeBoth, many, progress } from "./motion.js";
import { blank, bubblePath, colour, glow, stamp } from "./screen.js";

const CLEARS_AT = 3; // seconds, by itself
const CLEARS_FOR = 0.7;
const HEALS_AFTER = 0.9; // what was rubbed, in seconds
const RUB = 58; // px across
const SHADES = 5;

export function invisible(scene) {
  const { bubble, at } = scene;
  const style = getComputedStyle(bubble);
  // Large emoji stand on nothing.
  const [ground, dust] = bubble.classList.contains("is-emoji")
    ? [colour("surface"), colour("muted")]
    : [style.backgroundColor, style.color];
  const { width, height } = at();
  const wiped = glow("black");
  const { sprite: cover, brush: ink } = blank(width, height, scene.ratio);
  const grains = many(Math.min(2600, Math.round((width * height) / 9)), () => ({
    x: between(0, width),
    y: between(0, height),
    reach: between(1, 5),
    pace: between(0.5, 1.6) * (Math.random() < 0.5 ? 1 : -1),
    phase: between(0, TURN),
    blink: between(0.6, 2),
    size: between(0.7, 1.7),
  }));
  const rubs = [];
  let clears = CLEARS_AT;
  let moment = 0;

  const rub = (event) => {
    const { x, y } = bubble.getBoundingClientRect();
    rubs.push({ x: event.clientX - x, y: event.clientY - y, since: moment });
  };
  const reveal = () => {
    clears = Math.min(clears, moment);
  };
  bubble.addEventListener("pointermove", rub);
  bubble.addEventListener("focusin", reveal);

  function shimmer(time) {
    ink.globalCompositeOperation = "source-over";
    ink.globalAlpha = 1;
    ink.fillStyle = ground;
    ink.fillRect(0, 0, width, height);
    const shades = many(SHADES, () => []);
    for (const grain of grains) {
      const light = (1 + Math.sin(grain.phase + time * TURN * grain.blink)) / 2;
      shades[Math.min(SHADES - 1, Math.floor(light * SHADES))].push(grain);
    }
    ink.fillStyle = dust;
    shades.forEach((shade, index) => {
      ink.globalAlpha = 0.08 + (0.84 * index) / (SHADES - 1);
      ink.beginPath();
      for (const { x, y, reach, pace, phase, size } of shade) {
        const angle = phase + time * pace * 2;
        ink.rect(x + Math.cos(angle) * reach, y + Math.sin(angle) * reach, size, size);
      }
      ink.fill();
    });
    ink.globalCompositeOperation = "destination-out";
    for (const { x, y, since } of rubs) {
      const left = 1 - progress(time, since + HEALS_AFTER, since + HEALS_AFTER * 2);
      if (left) stamp(ink, wiped, x, y, RUB * 1.6, left);
    }
  }

  return {
    get seconds() {
      return clears + CLEARS_FOR;
    },
    peak: 1,
    draw(brush, time) {
      moment = time;
      const place = at();
      const share = easeBoth(progress(time, clears, clears + CLEARS_FOR));
      shimmer(time);
      brush.save();
      bubblePath(brush, bubble, place);
      brush.clip();
      brush.globalAlpha = 1 - share;
      brush.drawImage(cover, place.x, place.y, width, height);
      brush.restore();
    },
    hurry: reveal,
    end() {
      bubble.removeEventListener("pointermove", rub);
      bubble.removeEventListener("focusin", reveal);
    },
  };
}
