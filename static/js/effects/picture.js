// A picture of a bubble: its colour, its words where the page breaks them, its pictures.
import { blank, bubblePath } from "./screen.js";

function* lines(text) {
  const range = document.createRange();
  const words = text.data.matchAll(/\S+\s*/g);
  let line;
  for (const { 0: word, index } of words) {
    range.setStart(text, index);
    range.setEnd(text, index + word.trimEnd().length);
    // A word that is longer than its line stands on several.
    const [box] = range.getClientRects();
    if (!box) continue;
    if (line && Math.abs(box.top - line.top) < 2) {
      line.words += word;
      line.left = Math.min(line.left, box.left);
    } else {
      if (line) yield line;
      line = { words: word, left: box.left, top: box.top, height: box.height };
    }
  }
  if (line) yield line;
}

export function pictureOf(bubble, ratio) {
  const frame = bubble.getBoundingClientRect();
  const style = getComputedStyle(bubble);
  const { sprite, brush } = blank(frame.width, frame.height, ratio);
  brush.fillStyle = style.backgroundColor;
  bubblePath(brush, bubble, { x: 0, y: 0, width: frame.width, height: frame.height });
  brush.fill();
  brush.clip();
  for (const image of bubble.querySelectorAll("img")) {
    const { x, y, width, height } = image.getBoundingClientRect();
    if (image.complete && image.naturalWidth) {
      brush.drawImage(image, x - frame.x, y - frame.y, width, height);
    }
  }
  const walker = document.createTreeWalker(bubble, NodeFilter.SHOW_TEXT);
  brush.textBaseline = "middle";
  brush.textAlign = "left";
  while (walker.nextNode()) {
    const own = getComputedStyle(walker.currentNode.parentElement);
    brush.font = `${own.fontStyle} ${own.fontWeight} ${own.fontSize} ${own.fontFamily}`;
    brush.fillStyle = own.color;
    brush.direction = own.direction;
    for (const { words, left, top, height } of lines(walker.currentNode)) {
      brush.fillText(words.trimEnd(), left - frame.x, top - frame.y + height / 2);
    }
  }
  return { sprite, width: frame.width, height: frame.height };
}
