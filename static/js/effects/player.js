// Plays the effect of a message over its pane: one at a time, under four seconds, and nothing is
// left of it afterwards. Where less motion is wanted it can be held still instead.
import { gentle, loud, slam } from "./bubbles.js";
import { celebration } from "./celebration.js";
import { confetti } from "./confetti.js";
import { echo } from "./echo.js";
import { balloons, love } from "./floating.js";
import { fireworks } from "./fireworks.js";
import { invisible } from "./ink.js";
import { lasers, spotlight } from "./lights.js";
import { raise } from "./screen.js";
import { shootingStar } from "./shooting_star.js";

// Each makes { seconds, peak } with draw(brush, time), animations (of elements), hurry() (what a
// second press does) and end() as it needs them. `peak` is the moment that tells most.
const EFFECTS = {
  slam,
  loud,
  gentle,
  invisible,
  celebration,
  shooting_star: shootingStar,
  fireworks,
  lasers,
  love,
  confetti,
  balloons,
  spotlight,
  echo,
};
const calm = matchMedia("(prefers-reduced-motion: reduce)");
let playing;

export const isCalm = () => calm.matches;

function begin(style, pane, bubble) {
  stop();
  const scene = raise(pane, bubble);
  const effect = EFFECTS[style](scene);
  pane.dataset.effect = style;
  playing = { style, scene, effect };
  return playing;
}

function draw({ scene: { brush, width, height }, effect }, time) {
  if (!effect.draw) return;
  brush.save();
  brush.clearRect(0, 0, width, height);
  effect.draw(brush, time);
  brush.restore();
}

export function stop() {
  if (!playing) return;
  const { scene, effect, frame } = playing;
  playing = undefined;
  cancelAnimationFrame(frame);
  for (const animation of effect.animations ?? []) animation.cancel();
  effect.end?.();
  scene.canvas.remove();
  delete scene.pane.dataset.effect;
}

export function play(style, { pane, bubble }) {
  if (!EFFECTS[style] || calm.matches) return;
  if (playing?.style === style && playing.scene.bubble === bubble && playing.effect.hurry) {
    playing.effect.hurry();
    return;
  }
  const now = begin(style, pane, bubble);
  const began = performance.now();
  const step = (moment) => {
    const time = Math.max(0, moment - began) / 1000;
    if (time >= now.effect.seconds || !bubble.isConnected) {
      stop();
      return;
    }
    draw(now, time);
    now.frame = requestAnimationFrame(step);
  };
  now.frame = requestAnimationFrame(step);
}

// One frame, without any motion, until stop().
export function hold(style, { pane, bubble, at }) {
  if (!EFFECTS[style]) return;
  const now = begin(style, pane, bubble);
  for (const animation of now.effect.animations ?? []) {
    animation.pause();
    animation.currentTime = (at ?? now.effect.peak) * 1000;
  }
  draw(now, at ?? now.effect.peak);
}

calm.addEventListener("change", stop);
addEventListener("pagehide", stop);
