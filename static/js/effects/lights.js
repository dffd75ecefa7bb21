// Lasers and spotlight: beams in the dark.
import { TURN, comeAndGo, easeBoth, easeOut, many, mix, progress } from "./motion.js";
import { colour, darken, darkenAround, glow, party, stamp } from "./screen.js";

// A beam is a core of white in ever fainter coats: [px across, alpha].
const BEAM = [[16, 0.1], [7, 0.22], [2.6, 0.9], [0.9, 0.85]];

// --- lasers: two fans that sweep through each other ---
export function lasers(scene) {
  const { width, height } = scene;
  const seconds = 3.7;
  const white = colour("on-service");
  const tints = party();
  const lamps = tints.map((tint) => glow(tint, 128));
  const far = Math.hypot(width, height) * 1.1;
  const beams = many(14, (index) => ({
    fromLeft: index % 2 === 0,
    rank: Math.floor(index / 2) / 6,
    tint: index % tints.length,
    pace: 0.42 + 0.06 * (index % 3),
    phase: index * 0.35,
  }));

  function beam(brush, x, y, angle, tint, strength) {
    const toX = x + Math.cos(angle) * far;
    const toY = y + Math.sin(angle) * far;
    for (const [thickness, alpha] of BEAM) {
      brush.globalAlpha = alpha * strength;
      brush.strokeStyle = thickness < 1 ? white : tint;
      brush.lineWidth = thickness;
      brush.beginPath();
      brush.moveTo(x, y);
      brush.lineTo(toX, toY);
      brush.stroke();
    }
  }

  return {
    seconds,
    peak: 1.5,
    draw(brush, time) {
      const strength = comeAndGo(time, seconds, 0.35, 0.5);
      darkenAround(brush, scene, strength);
      brush.globalCompositeOperation = "lighter";
      const opens = easeOut(progress(time, 0.2, 0.9));
      for (const { fromLeft, rank, tint, pace, phase } of beams) {
        const sweep = 0.055 * Math.sin(time * pace * TURN + phase * 0.3);
        const spread = (rank - 0.5) * opens * (0.13 + 0.06 * Math.sin(time * 2.9));
        const up = 0.14 + sweep + spread;
        const angle = -(fromLeft ? up : 0.5 - up) * TURN;
        const strobe = Math.sin(time * 9 + phase * 5) > -0.75 ? 1 : 0.25;
        beam(brush, fromLeft ? -8 : width + 8, height + 8, angle, tints[tint], strength * strobe);
      }
      for (const [x, lamp] of [[0, lamps[3]], [width, lamps[5]]]) {
        stamp(brush, lamp, x, height, Math.min(width, 360), 0.75 * strength);
      }
    },
  };
}

// --- spotlight: a beam finds the bubble and stays with it ---
export function spotlight(scene) {
  const { width, height } = scene;
  const seconds = 3.8;
  const warm = colour("lamp");
  const edge = glow("black", 256);
  const haze = glow(warm, 256);

  function cone(brush, x, y, wide, strength) {
    const topX = mix(width / 2, x, 0.35);
    const fade = brush.createLinearGradient(0, -30, 0, y);
    fade.addColorStop(0, `color-mix(in oklab, ${warm} 42%, transparent)`);
    fade.addColorStop(1, `color-mix(in oklab, ${warm} 6%, transparent)`);
    brush.fillStyle = fade;
    brush.globalAlpha = strength / 4;
    // Beams in each other make a soft side.
    for (const share of [1, 0.96, 0.92, 0.88]) {
      brush.beginPath();
      brush.moveTo(topX - 12 * share, -30);
      brush.lineTo(topX + 12 * share, -30);
      brush.lineTo(x + wide * share, y);
      brush.lineTo(x - wide * share, y);
      brush.fill();
    }
  }

  return {
    seconds,
    peak: 2,
    draw(brush, time) {
      const strength = comeAndGo(time, seconds, 0.35, 0.6);
      const place = scene.at();
      const found = easeBoth(progress(time, 0.2, 1.3));
      const search = (1 - found) * Math.cos(found * 4) * width * 0.5;
      const x = place.x + place.width / 2 + Math.sin(time * 3.1) * 12 * found - search;
      const lift = (1 - found) * Math.min(height * 0.22, place.y);
      const y = place.y + place.height / 2 + Math.cos(time * 2.3) * 4 * found - lift;
      const breath = mix(0.6, 1, found) * (1 + 0.025 * Math.sin(time * 5));
      const wide = (place.width * 0.56 + 30) * breath;
      const tall = Math.max(place.height * 0.75 + 26, wide * 0.34) * breath;
      darken(brush, scene, strength);
      cone(brush, x, y, wide, strength);
      brush.globalAlpha = strength * 0.5;
      brush.drawImage(haze, x - wide * 1.6, y - tall * 1.7, wide * 3.2, tall * 3.4);
      brush.globalCompositeOperation = "destination-out";
      brush.globalAlpha = strength;
      brush.drawImage(edge, x - wide * 1.35, y - tall * 1.4, wide * 2.7, tall * 2.8);
      brush.fillStyle = "black";
      brush.beginPath();
      brush.ellipse(x, y, wide, tall, 0, 0, TURN);
      brush.fill();
      brush.globalCompositeOperation = "source-over";
      brush.globalAlpha = strength * 0.14;
      brush.fillStyle = warm;
      brush.fill();
    },
  };
}
