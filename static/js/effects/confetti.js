// Confetti: paper that turns and tumbles as it falls.
import { TURN, between, clamp, many, pick } from "./motion.js";
import { party } from "./screen.js";

const SHAPES = {
  square(brush, size) {
    brush.fillRect(-size / 2, -size / 2, size, size);
  },
  strip(brush, size) {
    brush.fillRect(-size / 4, -size, size / 2, size * 2);
  },
  disc(brush, size) {
    brush.beginPath();
    brush.arc(0, 0, size * 0.55, 0, TURN);
    brush.fill();
  },
  curl(brush, size) {
    brush.lineWidth = size * 0.4;
    brush.beginPath();
    brush.moveTo(-size, 0);
    brush.bezierCurveTo(-size / 2, -size, size / 2, size, size, 0);
    brush.stroke();
  },
};

export function confetti({ width, height }) {
  const seconds = 3.9;
  const tints = party();
  const flakes = many(Math.round(clamp(width / 3, 120, 280)), () => {
    const tint = pick(tints);
    return {
      x: between(-0.05, 1.05) * width,
      born: between(0, 1.9),
      speed: between(0.42, 0.8) * height,
      sway: between(14, 46),
      pace: between(0.5, 1.3),
      phase: between(0, TURN),
      spin: between(-0.8, 0.8),
      tumble: between(0.8, 2.2),
      size: between(6, 12),
      draw: SHAPES[pick(["square", "square", "strip", "disc", "curl"])],
      tint,
      shade: `color-mix(in oklab, ${tint} 72%, black)`,
    };
  });
  return {
    seconds,
    peak: 1.5,
    draw(brush, time) {
      const leaving = clamp((seconds - time) / 0.5);
      for (const flake of flakes) {
        const age = time - flake.born;
        if (age <= 0) continue;
        // The first rush is blown in, then the air holds it.
        const y = -20 + flake.speed * (age + 0.22 * (1 - Math.exp(-4 * age)));
        if (y > height + 20) continue;
        const turn = flake.phase + age * flake.pace * TURN;
        const flip = Math.cos(flake.phase + age * flake.tumble * TURN);
        const tint = flip > 0 ? flake.tint : flake.shade;
        brush.save();
        brush.globalAlpha = leaving;
        brush.fillStyle = tint;
        brush.strokeStyle = tint;
        brush.translate(flake.x + Math.sin(turn) * flake.sway, y);
        brush.rotate(flake.phase + age * flake.spin * TURN);
        brush.scale(1, flip || 0.01);
        flake.draw(brush, flake.size);
        brush.restore();
      }
    },
  };
}
