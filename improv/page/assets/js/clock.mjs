// The server's clock as this page knows it, in milliseconds since the session's start.
//
//   browser (performance.now) ── offset of the quickest ping ──> server
//
// Sound leaves early enough to be heard when it is due, so what is drawn at `now()` is heard at that moment.

const KEPT = 40; // pings
const DRIFT = 0.0001; // clocks of two machines drift apart: each millisecond of a ping's age makes it so much longer
let pings = [];
let offset = null;
let latency = 0;

/** The browser's own clock. */
export const stamp = () => performance.now();

/** A ping that left at `left` and came back at `came` found the server's clock at `ms`. */
export function heard(left, came, ms) {
  // The way there and the way back are taken to be equally long: the shorter both are, the truer.
  const latest = { came, way: came - left, offset: ms - (left + came) / 2 };
  // Where both cannot be true, a clock has jumped (a laptop that slept): what was known is worth nothing.
  pings = pings.filter((ping) => Math.abs(ping.offset - latest.offset) <= (ping.way + latest.way) / 2 + 5);
  pings.push(latest);
  if (pings.length > KEPT) pings.shift();
  const length = (ping) => ping.way + (came - ping.came) * DRIFT;
  offset = pings.reduce((best, ping) => (length(ping) <= length(best) ? ping : best)).offset;
}

/** Whether the server's clock is known well enough to sound by. */
export const isKnown = () => pings.some(({ way }) => way < 5) || pings.length >= 12;

/** The quickest round trip of late, in milliseconds. */
export const roundTrip = () => Math.min(...pings.map(({ way }) => way));

/** The server's milliseconds at a moment of the browser's clock (that of `event.timeStamp` too). */
export const serverAt = (browserMs) => browserMs + (offset ?? 0);

/** The moment of the browser's clock at which the server's is `ms`. */
export const browserAt = (ms) => ms - (offset ?? 0);

/** The server's milliseconds now. */
export const serverNow = () => serverAt(stamp());

/** How much later than it is due everything is heard, in milliseconds; 0 but where the ear is far (Bluetooth). */
export function setLatency(ms) {
  latency = ms;
}

/** The server's milliseconds of what is heard at this moment: everything is drawn from this alone. */
export const now = () => serverNow() - latency;
