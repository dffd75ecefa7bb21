// What rises: one large heart, and balloons.
import { TURN, between, clamp, easeBoth, easeOut, many, mix, progress } from "./motion.js";
import { blank, colour, party } from "./screen.js";

const SPRITE = 320; // px; drawn once, then scaled

function heartPath(brush) {
  brush.beginPath();
  brush.moveTo(0, 0.92);
  brush.bezierCurveTo(-0.28, 0.66, -1, 0.24, -1, -0.32);
  brush.bezierCurveTo(-1, -0.72, -0.72, -0.92, -0.46, -0.92);
  brush.bezierCurveTo(-0.24, -0.92, -0.08, -0.8, 0, -0.6);
  brush.bezierCurveTo(0.08, -0.8, 0.24, -0.92, 0.46, -0.92);
  brush.bezierCurveTo(0.72, -0.92, 1, -0.72, 1, -0.32);
  brush.bezierCurveTo(1, 0.24, 0.28, 0.66, 0, 0.92);
}

function heartSprite() {
  const { sprite, brush } = blank(SPRITE, SPRITE);
  brush.translate(SPRITE / 2, SPRITE / 2);
  brush.scale(SPRITE / 2.1, SPRITE / 2.1);
  heartPath(brush);
  const body = brush.createRadialGradient(-0.35, -0.5, 0.05, 0, 0, 1.35);
  body.addColorStop(0, colour("heart-light"));
  body.addColorStop(0.45, colour("heart"));
  body.addColorStop(1, colour("heart-deep"));
  brush.fillStyle = body;
  brush.fill();
  brush.clip();
  const shine = brush.createLinearGradient(0, -0.9, 0, -0.1);
  shine.addColorStop(0, "rgb(255 255 255 / 0.5)");
  shine.addColorStop(1, "rgb(255 255 255 / 0)");
  brush.fillStyle = shine;
  brush.beginPath();
  brush.ellipse(-0.46, -0.55, 0.36, 0.26, -0.5, 0, TURN);
  brush.fill();
  return sprite;
}

// --- love: grows on the bubble, lets go, and floats up ---
export function love(scene) {
  const { width, height } = scene;
  const seconds = 3.6;
  const sprite = heartSprite();
  const large = clamp(Math.min(width, height) * 0.62, 150, 380);
  return {
    seconds,
    peak: 1.5,
    draw(brush, time) {
      const place = scene.at();
      const grown = easeOut(progress(time, 0.05, 1.3));
      const bounce = 1 + 0.12 * Math.sin(time * 9) * Math.exp(-2.4 * time);
      const beat = 1 + 0.05 * Math.max(0, Math.sin(time * TURN * 1.25)) ** 6;
      const size = large * mix(0.08, 1, grown) * bounce * beat;
      const gone = easeBoth(progress(time, 1.25, seconds - 0.1)) ** 1.3;
      const startX = clamp(place.x + place.width * 0.35, large * 0.42, width - large * 0.42);
      const x = mix(startX, width * 0.5, gone) + Math.sin(time * 2.4) * 16 * gone;
      const starts = Math.max(place.y - size * 0.42, size * 0.56);
      const y = mix(starts, -size * 0.7, gone);
      brush.translate(x, y);
      brush.rotate(Math.sin(time * 2.4 + 0.6) * 0.09);
      // It gives a little in the wind.
      brush.scale(1 + 0.02 * Math.sin(time * 7), 1 - 0.02 * Math.sin(time * 7));
      brush.globalAlpha = 0.97;
      brush.drawImage(sprite, -size / 2, -size / 2, size, size);
    },
  };
}

// --- balloons ---
function balloonSprite(tint) {
  const { sprite, brush } = blank(SPRITE / 2, (SPRITE / 2) * 1.25);
  brush.scale(SPRITE / 4, SPRITE / 4);
  brush.translate(1, 1);
  brush.beginPath();
  brush.moveTo(0, 1.26);
  brush.bezierCurveTo(-0.5, 1.1, -0.94, 0.45, -0.94, -0.1);
  brush.bezierCurveTo(-0.94, -0.64, -0.52, -0.96, 0, -0.96);
  brush.bezierCurveTo(0.52, -0.96, 0.94, -0.64, 0.94, -0.1);
  brush.bezierCurveTo(0.94, 0.45, 0.5, 1.1, 0, 1.26);
  brush.moveTo(0, 1.2);
  brush.lineTo(-0.12, 1.42);
  brush.lineTo(0.12, 1.42);
  brush.closePath();
  const body = brush.createRadialGradient(-0.32, -0.42, 0.08, 0, 0.1, 1.35);
  body.addColorStop(0, `color-mix(in oklab, ${tint} 55%, white)`);
  body.addColorStop(0.4, tint);
  body.addColorStop(1, `color-mix(in oklab, ${tint} 68%, black)`);
  brush.fillStyle = body;
  brush.globalAlpha = 0.95;
  brush.fill();
  brush.globalAlpha = 0.55;
  brush.fillStyle = "white";
  brush.beginPath();
  brush.ellipse(-0.42, -0.5, 0.13, 0.25, 0.55, 0, TURN);
  brush.fill();
  return sprite;
}

export function balloons({ width, height }) {
  const seconds = 3.9;
  const string = colour("muted");
  const sprites = party().map(balloonSprite);
  const count = Math.round(clamp(width / 62, 9, 18));
  const flock = many(count, (index) => {
    const size = between(0.85, 1.3) * clamp(width * 0.11, 54, 104);
    const born = between(0, 1.25);
    return {
      x: ((index * 7) % count) / count * width + between(0.1, 0.9) * (width / count),
      born,
      // The last is out of sight before the end.
      rises: between(0.82, 1) * (seconds - 0.15 - born),
      size,
      sway: between(8, 24),
      pace: between(0.35, 0.6),
      phase: between(0, TURN),
      sprite: sprites[index % sprites.length],
    };
  }).sort((one, other) => one.size - other.size);
  return {
    seconds,
    peak: 1.9,
    draw(brush, time) {
      brush.strokeStyle = string;
      brush.lineWidth = 1;
      for (const { x, born, rises, size, sway, pace, phase, sprite } of flock) {
        const share = (time - born) / rises;
        if (share <= 0 || share >= 1) continue;
        const swing = Math.sin(phase + time * pace * TURN);
        const tall = size * 1.25;
        const y = mix(height + tall, -tall * 2.2, share ** 1.15);
        brush.save();
        brush.translate(x + swing * sway, y);
        brush.rotate(Math.cos(phase + time * pace * TURN) * 0.09);
        brush.globalAlpha = 0.7;
        brush.beginPath();
        brush.moveTo(0, tall * 0.6);
        const [near, far] = [tall * 0.95, tall * 1.2];
        brush.bezierCurveTo(-swing * 12, near, swing * 14, far, -swing * 6, tall * 1.6);
        brush.stroke();
        brush.globalAlpha = 1;
        brush.drawImage(sprite, -size / 2, -tall / 2, size, tall);
        brush.restore();
      }
    },
  };
}
