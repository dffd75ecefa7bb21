// Fireworks: rockets that rise, burst and rain.
import { TURN, between, clamp, comeAndGo, easeOut } from "./motion.js";
import { many, mix, pick, progress, thrown } from "./motion.js";
import { colour, darkenAround, glow, party, stamp } from "./screen.js";

const RISE = 0.55; // seconds
const SPARKS = 60;
const LANES = [0.5, 0.22, 0.78, 0.36, 0.66, 0.16, 0.84];
const BALL = { drag: 2.7, fall: 130, trail: 0.11, life: [0.9, 1.4] };
const WILLOW = { drag: 2, fall: 260, trail: 0.24, life: [1.3, 1.9] };

function shell({ width, height }, index, tints) {
  const x = width * (LANES[index] + between(-0.05, 0.05));
  const y = height * between(0.16, 0.44);
  const isWillow = index % 3 === 2;
  const kind = isWillow ? WILLOW : BALL;
  const tint = isWillow ? colour("gold") : tints[(index * 2) % tints.length];
  const second = isWillow ? colour("ember") : pick(tints);
  const force = Math.min(width, height) * between(0.9, 1.3) + 110;
  const sparks = many(SPARKS, (number) => {
    const angle = (number / SPARKS) * TURN + between(-0.08, 0.08);
    // A ball seen from afar: most sparks are near its rim.
    const speed = force * Math.sqrt(between(0.08, 1));
    return {
      ...kind,
      x,
      y,
      vx: Math.cos(angle) * speed,
      vy: Math.sin(angle) * speed,
      life: between(...kind.life),
      tint: number % 3 ? tint : second,
      blink: between(6, 12),
    };
  });
  return {
    x,
    y,
    from: x + width * between(-0.06, 0.06),
    bursts: 0.6 + index * 0.25,
    sparks,
    light: glow(tint, 128),
    size: force * 0.55,
  };
}

export function fireworks(scene) {
  const { height } = scene;
  const seconds = 3.9;
  const white = colour("on-service");
  const tints = party();
  const shells = LANES.map((_, index) => shell(scene, index, tints));

  function line(brush, [fromX, fromY], [toX, toY]) {
    brush.beginPath();
    brush.moveTo(fromX, fromY);
    brush.lineTo(toX, toY);
    brush.stroke();
  }

  function rocket(brush, { x, y, from, bursts, light }, time) {
    const path = (share) => [mix(from, x, share), mix(height + 10, y, easeOut(share))];
    const share = progress(time, bursts - RISE, bursts);
    brush.strokeStyle = white;
    for (let step = 0; step < 6; step += 1) {
      brush.globalAlpha = 0.8 * (1 - step / 6);
      brush.lineWidth = 2.2 - step * 0.3;
      line(brush, path(clamp(share - (step + 1) * 0.03)), path(clamp(share - step * 0.03)));
    }
    stamp(brush, light, ...path(share), 18, 0.8);
  }

  function burst(brush, { x, y, bursts, sparks, light, size }, age) {
    const flash = 1 - progress(age, 0, 0.28);
    if (flash) stamp(brush, light, x, y, size * (1.2 - 0.5 * flash), flash ** 2);
    for (const spark of sparks) {
      if (age >= spark.life) continue;
      const left = 1 - age / spark.life;
      // Towards the end they crackle.
      const crackle = 0.4 + 0.6 * Math.sin((age + bursts) * spark.blink * TURN);
      const alpha = clamp(left * 1.8) * (left > 0.4 ? 1 : Math.max(0.1, crackle));
      const head = thrown(spark, age);
      const middle = thrown(spark, Math.max(0, age - spark.trail / 2));
      brush.strokeStyle = spark.tint;
      brush.lineWidth = 0.5 + left;
      brush.globalAlpha = alpha * 0.4;
      line(brush, thrown(spark, Math.max(0, age - spark.trail)), middle);
      brush.lineWidth = 0.8 + 1.3 * left;
      brush.globalAlpha = alpha;
      line(brush, middle, head);
      stamp(brush, light, ...head, 5 + 9 * left, alpha * 0.9);
    }
  }

  return {
    seconds,
    peak: 1.5,
    draw(brush, time) {
      darkenAround(brush, scene, comeAndGo(time, seconds, 0.4, 0.6));
      brush.globalCompositeOperation = "lighter";
      brush.lineCap = "round";
      for (const one of shells) {
        const age = time - one.bursts;
        if (age >= 0) burst(brush, one, age);
        else if (age > -RISE) rocket(brush, one, time);
      }
    },
  };
}
