// The socket: says hello with the token, keeps the clocks' offset, hands each message to whoever is on its type,
// and comes back when the server does.
import { heard, stamp } from "./clock.mjs";

const AGAIN_MS = [200, 500, 1000, 2000];

/** The token of the page's address; kept for this tab, so that the address need not show it. */
export function tokenOf(location = window.location) {
  const token = new URLSearchParams(location.search).get("token");
  if (token) sessionStorage.setItem("token", token);
  return token ?? sessionStorage.getItem("token") ?? "";
}

/**
 * Open the socket. `on` maps a message's type to its handler; `on.open()` and `on.closed(why)` are the socket's own.
 * Gives {say(message), line(text)}: both are silently lost while there is no server.
 */
export function connect({ token = tokenOf(), on = {} }) {
  let socket = null;
  let tries = 0;
  let pings = 0;
  let pinging = 0;

  function ping() {
    if (socket?.readyState === WebSocket.OPEN) say({ type: "ping", t: stamp() });
  }

  function say(message) {
    if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
  }

  function open() {
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    socket = new WebSocket(`${scheme}//${location.host}/socket`);
    socket.onopen = () => {
      say({ type: "hello", token });
      pings = 0;
      clearTimeout(pinging); // of the socket before
      ping();
    };
    socket.onmessage = ({ data }) => {
      const at = stamp();
      const message = JSON.parse(data);
      if (message.type === "pong") {
        heard(message.t, at, message.ms);
        tries = 0;
        // Many at first, so that one of them is quick; then now and then, because clocks drift.
        pings += 1;
        pinging = setTimeout(ping, pings < 12 ? 25 : 1000);
        if (pings === 1) on.open?.();
      }
      on[message.type]?.(message);
    };
    socket.onclose = ({ code, reason }) => {
      on.closed?.(reason, code);
      if (code === 4001) return; // the token is wrong: it will not become right
      setTimeout(open, AGAIN_MS[Math.min(tries++, AGAIN_MS.length - 1)]);
    };
  }

  open();
  return { say, line: (text) => say({ type: "line", text }) };
}
