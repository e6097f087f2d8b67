import { connect } from "./socket.mjs";

const log = document.getElementById("log");
const show = (message) => {
  log.textContent = `${JSON.stringify(message).slice(0, 300)}\n${log.textContent}`.slice(0, 5000);
};
connect({
  on: Object.fromEntries(
    ["welcome", "tune", "tempo", "values", "notes", "withdraw", "said", "ended"].map((type) => [type, show]),
  ),
});
