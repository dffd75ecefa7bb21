// Celebration and shooting star: golden sparks in the night.
import { TURN, between, clamp, comeAndGo, easeBoth, many, mix, pick, progress, thrown } from "./motion.js";
import { colour, darkenAround, glow, stamp } from "./screen.js";

const TRAIL = 0.05; // seconds of the way that a spark draws behind itself

function streak(brush, spark, age, tint, alpha, thickness) {
  const [x, y] = thrown(spark, age);
  const [fromX, fromY] = thrown(spark, Math.max(0, age - TRAIL));
  brush.globalAlpha = alpha;
  brush.strokeStyle = tint;
  brush.lineWidth = thickness;
  brush.beginPath();
  brush.moveTo(fromX, fromY);
  brush.lineTo(x, y);
  brush.stroke();
  return [x, y];
}

// A star with four points, as lights have them in the night.
function glint(brush, x, y, size, turn) {
  brush.beginPath();
  for (let point = 0; point < 8; point += 1) {
    const far = point % 2 ? size * 0.12 : size;
    const angle = turn + (point * TURN) / 8;
    brush.lineTo(x + Math.cos(angle) * far, y + Math.sin(angle) * far);
  }
  brush.fill();
}

// --- celebration: a sparkler in the upper corner ---
export function celebration(scene) {
  const { width, height } = scene;
  const seconds = 3.8;
  const [gold, ember, white] = ["gold", "ember", "on-service"].map(colour);
  const light = glow(gold, 128);
  const far = Math.hypot(width, height);
  const corner = { x: width + 6, y: -6 };
  const sparks = many(640, () => {
    const angle = between(0.27, 0.49) * TURN;
    const speed = far * between(0.3, 2.3) * between(0.4, 1);
    return {
      ...corner,
      vx: Math.cos(angle) * speed,
      vy: Math.sin(angle) * speed,
      drag: between(1.6, 2.4),
      fall: far * 0.5,
      born: between(0, 2.3),
      life: between(0.6, 1.5),
      tint: pick([gold, gold, ember, white]),
      thickness: between(0.6, 1.8),
      blink: between(3, 9),
      isStar: Math.random() < 0.2,
    };
  });
  return {
    seconds,
    peak: 1.6,
    draw(brush, time) {
      const strength = comeAndGo(time, seconds, 0.4, 0.7);
      darkenAround(brush, scene, strength);
      brush.globalCompositeOperation = "lighter";
      brush.lineCap = "round";
      const burning = strength * (1 - progress(time, 2.3, 2.9));
      const flicker = 0.85 + 0.15 * Math.sin(time * 47) * Math.sin(time * 31);
      stamp(brush, light, corner.x, corner.y, far * 0.9 * flicker, 0.5 * burning);
      stamp(brush, light, corner.x, corner.y, far * 0.35 * flicker, burning);
      for (const spark of sparks) {
        const age = time - spark.born;
        if (age <= 0 || age >= spark.life) continue;
        const left = 1 - age / spark.life;
        const twinkle = 0.65 + 0.35 * Math.sin(age * spark.blink * TURN);
        const alpha = clamp(left * 1.6) * twinkle;
        const [x, y] = streak(brush, spark, age, spark.tint, alpha, spark.thickness);
        if (!spark.isStar) continue;
        stamp(brush, light, x, y, 26 * left + 6, alpha * 0.7);
        brush.globalAlpha = alpha;
        brush.fillStyle = white;
        glint(brush, x, y, 3 + 7 * left * twinkle, spark.blink);
      }
    },
  };
}

// --- shooting star: crosses the sky and strews its light ---
const CROSSES = [0.5, 2];

export function shootingStar(scene) {
  const { width, height } = scene;
  const seconds = 3.6;
  const [gold, ember, white] = ["gold", "ember", "on-service"].map(colour);
  const light = glow(gold, 128);
  const where = (share) => {
    const bow = Math.sin(share * Math.PI) * height * 0.1;
    return [mix(-0.12, 1.14, share) * width, mix(0.1, 0.62, share ** 1.25) * height - bow];
  };
  const share = (time) => easeBoth(progress(time, ...CROSSES)) * 0.35 + progress(time, ...CROSSES) * 0.65;
  const stars = many(70, () => ({
    x: between(0, width),
    y: between(0, height * 0.9),
    size: between(0.8, 2.2),
    blink: between(0.4, 1.3),
    phase: between(0, TURN),
  }));
  const strewn = many(320, () => {
    const born = between(...CROSSES);
    const [x, y] = where(share(born));
    const angle = between(0, TURN);
    const speed = between(6, 62);
    return {
      x: x + between(-3, 3),
      y: y + between(-3, 3),
      vx: Math.cos(angle) * speed + between(20, 150),
      vy: Math.sin(angle) * speed,
      drag: 2.2,
      fall: 70,
      born,
      life: between(0.5, 1.7),
      tint: pick([gold, ember, white]),
      thickness: between(1, 2.6),
      blink: between(2, 6),
      isStar: Math.random() < 0.3,
    };
  });

  function tail(brush, time) {
    const length = 0.3;
    const steps = 22;
    for (let step = 0; step < steps; step += 1) {
      const near = 1 - step / steps;
      const [fromX, fromY] = where(share(time - (length * (step + 1)) / steps));
      const [x, y] = where(share(time - (length * step) / steps));
      brush.globalAlpha = near ** 2 * 0.8;
      brush.strokeStyle = step < 5 ? white : gold;
      brush.lineWidth = 0.5 + 6 * near ** 1.5;
      brush.beginPath();
      brush.moveTo(fromX, fromY);
      brush.lineTo(x, y);
      brush.stroke();
    }
  }

  return {
    seconds,
    peak: 1.32,
    draw(brush, time) {
      const strength = comeAndGo(time, seconds, 0.45, 0.8);
      darkenAround(brush, scene, strength);
      brush.globalCompositeOperation = "lighter";
      brush.lineCap = "round";
      brush.fillStyle = white;
      for (const { x, y, size, blink, phase } of stars) {
        brush.globalAlpha = strength * (0.3 + 0.4 * Math.sin(phase + time * blink * TURN) ** 2);
        brush.fillRect(x, y, size, size);
      }
      for (const spark of strewn) {
        const age = time - spark.born;
        if (age <= 0 || age >= spark.life) continue;
        const left = 1 - age / spark.life;
        const alpha = left * (0.6 + 0.4 * Math.sin(age * spark.blink * TURN)) * strength;
        const [x, y] = streak(brush, spark, age, spark.tint, alpha, spark.thickness);
        if (!spark.isStar) continue;
        stamp(brush, light, x, y, 10 + 18 * left, alpha * 0.8);
        brush.fillStyle = white;
        glint(brush, x, y, 2 + 7 * left, spark.blink);
      }
      if (time < CROSSES[0] || time > CROSSES[1] + 0.3) return;
      tail(brush, time);
      const [x, y] = where(share(time));
      stamp(brush, light, x, y, 150, 0.8);
      stamp(brush, light, x, y, 60, 1);
      brush.globalAlpha = 1;
      brush.fillStyle = white;
      glint(brush, x, y, 22 + 3 * Math.sin(time * 40), time * 3);
    },
  };
}
