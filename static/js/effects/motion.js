// What moves and how: every effect is a function of the seconds since it began, so that it looks
// the same at any frame rate and can be held still at any moment.
export const TURN = Math.PI * 2;
export const clamp = (value, least = 0, most = 1) => Math.min(most, Math.max(least, value));
export const mix = (from, to, share) => from + (to - from) * share;
export const between = (least, most) => mix(least, most, Math.random());
export const pick = (list) => list[Math.floor(Math.random() * list.length)];
export const many = (count, make) => Array.from({ length: count }, (_, index) => make(index));

export const easeOut = (share) => 1 - (1 - share) ** 3;
export const easeBoth = (share) => share * share * (3 - 2 * share);

// How far from `from` to `to` the time is, as 0 to 1.
export const progress = (time, from, to) => clamp((time - from) / (to - from));

// 0, then 1, then 0 again: comes within `come` seconds and is gone at `end`, leaving for `go`.
export function comeAndGo(time, end, come, go = come) {
  return easeBoth(clamp(Math.min(time / come, (end - time) / go)));
}

// Where something is that was thrown: [x, y] after `age` seconds in air that slows it by `drag`
// per second while `fall` pixels per second² pull it down.
export function thrown({ x, y, vx, vy, drag, fall = 0 }, age) {
  const flown = (1 - Math.exp(-drag * age)) / drag;
  return [x + vx * flown, y + vy * flown + (fall / drag) * (age - flown)];
}
