// Celebration: a sparkler in the upper corner throws gold into the dark.
import { TURN, between, clamp, comeAndGo, many, pick, progress } from "./motion.js";
import { colour, darkenAround, glow, stamp } from "./screen.js";
import { glint, streak } from "./sparks.js";

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
