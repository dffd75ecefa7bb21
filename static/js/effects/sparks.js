// Sparks, as a sparkler throws them.
import { TURN, thrown } from "./motion.js";

const TRAIL = 0.05; // seconds of the way that a spark draws behind itself

export function streak(brush, spark, age, tint, alpha, thickness) {
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
export function glint(brush, x, y, size, turn) {
  brush.beginPath();
  for (let point = 0; point < 8; point += 1) {
    const far = point % 2 ? size * 0.12 : size;
    const angle = turn + (point * TURN) / 8;
    brush.lineTo(x + Math.cos(angle) * far, y + Math.sin(angle) * far);
  }
  brush.fill();
}
