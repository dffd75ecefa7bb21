// Echo: the bubble again and again, swarming over the whole pane.
import { TURN, between, clamp, comeAndGo, easeOut, many, mix } from "./motion.js";
import { pictureOf } from "./picture.js";

export function echo(scene) {
  const { width, height, bubble, ratio } = scene;
  const seconds = 3.8;
  const picture = pictureOf(bubble, ratio);
  const fits = Math.min(1, (width * 0.42) / picture.width);
  const copies = many(72, (index) => ({
    born: 0.05 + (index / 72) * 1.7 + between(0, 0.1),
    life: between(1.3, 1.75),
    toX: between(-0.1, 1.1) * width,
    toY: between(-0.12, 1) * height,
    size: fits * between(0.45, 1.1),
    curve: between(-0.22, 0.22) * width,
    tilt: between(-0.12, 0.12),
    phase: between(0, TURN),
  }));
  return {
    seconds,
    peak: 1.9,
    draw(brush, time) {
      const place = scene.at();
      for (const copy of copies) {
        const age = time - copy.born;
        if (age <= 0 || age >= copy.life) continue;
        const share = easeOut(clamp(age / copy.life));
        const size = mix(fits * 0.55, copy.size, share);
        const bow = Math.sin(share * Math.PI) * copy.curve;
        const x = mix(place.x + place.width / 2, copy.toX, share) + bow;
        const y = mix(place.y + place.height / 2, copy.toY, share) - bow * 0.4;
        brush.save();
        brush.globalAlpha = comeAndGo(age, copy.life, 0.12, 0.45);
        brush.translate(x, y);
        brush.rotate(copy.tilt * share + 0.03 * Math.sin(copy.phase + time * 4));
        const [wide, tall] = [picture.width * size, picture.height * size];
        brush.drawImage(picture.sprite, -wide / 2, -tall / 2, wide, tall);
        brush.restore();
      }
    },
  };
}
