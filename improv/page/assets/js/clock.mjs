// The server's clock as this page knows it, in milliseconds since the session's start.
//
//   browser (performance.now) ── offset of the quickest ping ──> server
//   what is heard now is what was due one output latency ago: `now()` is that, for all that is drawn

const KEPT = 40; // pings
let pings = [];
let offset = null;
let latency = 0;

/** The browser's own clock. */
export const stamp = () => performance.now();

/** A ping that left at `left` and came back at `came` found the server's clock at `ms`. */
export function heard(left, came, ms) {
  // The way there and the way back are taken to be equally long: the shorter both are, the truer.
  pings.push({ way: came - left, offset: ms - (left + came) / 2 });
  if (pings.length > KEPT) pings.shift();
  offset = pings.reduce((best, ping) => (ping.way <= best.way ? ping : best)).offset;
}

/** Forget what was known: the server is another one, or time stood still (a laptop that slept). */
export function forget() {
  pings = [];
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

/** How long it takes from the audio graph to the ear, in milliseconds; 0 while nothing sounds. */
export function setLatency(ms) {
  latency = ms;
}

/** The server's milliseconds of what is heard at this moment: everything is drawn from this. */
export const now = () => serverNow() - latency;
