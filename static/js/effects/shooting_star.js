// Shooting star: crosses the night and strews its light.
import { TURN, between, comeAndGo, easeBoth, many, mix, pick, progress } from "./motion.js";
import { colour, darkenAround, glow, stamp } from "./screen.js";
import { glint, streak } from "./sparks.js";

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
  const share = (time) => {
    const crossed = progress(time, ...CROSSES);
    return mix(crossed, easeBoth(crossed), 0.35);
  };
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
