// The effects that move the bubble itself. Ours stand on the right, so they grow to the left.
import { TURN, between, easeOut, many, progress } from "./motion.js";
import { colour, glow, stamp } from "./screen.js";

const RIGHT = { transformOrigin: "100% 60%" };

// How much larger a bubble may get inside its pane.
function room({ width, bubble }, most) {
  return Math.max(1.06, Math.min(most, (width - 24) / bubble.offsetWidth));
}

// --- slam: falls from above the glass, and everything around feels it ---
const IMPACT = 0.24;

function fall(scene) {
  const large = Math.max(1.9, room(scene, 3)); // its edge may be cut off
  const frames = [
    { offset: 0, opacity: 0, transform: `translateY(-14px) scale(${large}) rotate(-4deg)` },
    { offset: 0.1, opacity: 1, easing: "cubic-bezier(0.7, 0, 1, 0.6)" },
    { offset: 0.24, transform: "scale(1.03, 0.86)", easing: "ease-out" },
    { offset: 0.34, transform: "scale(0.98, 1.08)", easing: "ease-in-out" },
    { offset: 0.46, transform: "scale(1.01, 0.97)", easing: "ease-in-out" },
    { offset: 0.6, transform: "none" },
    { offset: 1, transform: "none" },
  ];
  const places = frames.map((frame) => ({ ...frame, transformOrigin: "100% 50%" }));
  return scene.bubble.animate(places, { duration: 1000 });
}

function ripple({ pane, bubble, at, height }) {
  const { y } = at();
  const others = [...pane.querySelectorAll(".message")].filter((one) => !one.contains(bubble));
  const top = pane.getBoundingClientRect().top;
  return others.flatMap((one) => {
    const away = one.getBoundingClientRect().top - top - y;
    if (Math.abs(away) > height) return [];
    const side = Math.sign(away) || 1;
    const push = side * 20 * Math.exp(-Math.abs(away) / 260);
    const tilt = between(0.6, 1.4) * (push / 20) * (Math.random() < 0.5 ? 1 : -1);
    const frames = [
      { translate: "0 0", rotate: "0deg" },
      { translate: `0 ${push}px`, rotate: `${tilt}deg`, offset: 0.22 },
      { translate: `0 ${-push * 0.45}px`, rotate: `${-tilt * 0.6}deg`, offset: 0.5 },
      { translate: `0 ${push * 0.18}px`, rotate: `${tilt * 0.2}deg`, offset: 0.76 },
      { translate: "0 0", rotate: "0deg" },
    ];
    const delay = IMPACT * 1000 + Math.abs(away) * 0.55;
    return [one.animate(frames, { duration: 620, delay, easing: "ease-out" })];
  });
}

export function slam(scene) {
  const cloud = glow(colour("dust"));
  const { x, y, width, height } = scene.at();
  const puffs = many(46, (index) => {
    const angle = (index / 46) * TURN + between(-0.1, 0.1);
    const edgeX = x + width / 2 + Math.cos(angle) * (width / 2);
    const edgeY = y + height / 2 + Math.sin(angle) * (height / 2);
    const far = between(18, 74);
    return {
      edgeX,
      edgeY,
      farX: Math.cos(angle) * far * 1.5,
      farY: Math.sin(angle) * far * 0.7 - between(0, 10),
      size: between(16, 46),
      life: between(0.45, 0.95),
    };
  });
  return {
    seconds: 1.7,
    peak: IMPACT + 0.13,
    animations: [fall(scene), ...ripple(scene)],
    draw(brush, time) {
      for (const puff of puffs) {
        const share = progress(time, IMPACT, IMPACT + puff.life);
        if (share <= 0 || share >= 1) continue;
        const out = easeOut(share);
        const size = puff.size * (0.5 + out * 1.3);
        const alpha = 0.5 * (1 - share) ** 1.6;
        const [x, y] = [puff.edgeX + puff.farX * out, puff.edgeY + puff.farY * out];
        stamp(brush, cloud, x, y, size, alpha);
      }
    },
  };
}

// --- loud: swells, trembles, calms down ---
export function loud(scene) {
  const large = room(scene, 1.7);
  const frames = [{ ...RIGHT, offset: 0, transform: "scale(1)", easing: "ease-in" }];
  frames.push({ ...RIGHT, offset: 0.08, transform: "scale(0.94)", easing: "ease-out" });
  const shakes = 16;
  for (let shake = 0; shake <= shakes; shake += 1) {
    const share = shake / shakes;
    const size = 1 + (large - 1) * Math.sin(Math.PI * Math.min(1, 0.32 + share * 0.62));
    const side = shake % 2 ? 1 : -1;
    const turn = side * 2.4 * Math.sin(Math.PI * share);
    frames.push({
      ...RIGHT,
      offset: 0.22 + share * 0.5,
      transform: `translateX(${side * 1.5}px) rotate(${turn}deg) scale(${size})`,
    });
  }
  frames.push({ ...RIGHT, offset: 0.84, transform: "scale(0.96)", easing: "ease-in-out" });
  frames.push({ ...RIGHT, offset: 0.92, transform: "scale(1.015)", easing: "ease-in-out" });
  frames.push({ ...RIGHT, offset: 1, transform: "scale(1)" });
  const seconds = 1.9;
  const animation = scene.bubble.animate(frames, { duration: seconds * 1000 });
  return { seconds, peak: 0.75, animations: [animation] };
}

// --- gentle: begins as a whisper and settles slowly ---
const SETTLING = "cubic-bezier(0.4, 0, 0.1, 1)";

export function gentle(scene) {
  const origin = { transformOrigin: "100% 100%" };
  const frames = [
    { ...origin, offset: 0, opacity: 0, transform: "scale(0.36)" },
    { ...origin, offset: 0.14, opacity: 1, transform: "scale(0.4)", easing: "linear" },
    { ...origin, offset: 0.42, opacity: 1, transform: "scale(0.44)", easing: SETTLING },
    { ...origin, offset: 1, opacity: 1, transform: "scale(1)" },
  ];
  const seconds = 2.6;
  const animation = scene.bubble.animate(frames, { duration: seconds * 1000 });
  return { seconds, peak: 0.9, animations: [animation] };
}
