import { connect } from "./socket.mjs";
import * as sound from "./sound.mjs";

const log = document.getElementById("log");
const show = (message) => {
  log.textContent = `${JSON.stringify(message).slice(0, 300)}\n${log.textContent}`.slice(0, 5000);
};
document.getElementById("sound").onclick = () => sound.start();
connect({
  on: {
    welcome(message) {
      sound.welcome(message);
      sound.prepare();
    },
    notes: (message) => sound.notes(message.notes),
    withdraw: (message) => sound.withdraw(message.ids),
    closed: () => sound.panic(),
    said: show,
    tune: show,
  },
});
