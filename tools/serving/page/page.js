// The page: takes photos, clips and the webcam, and makes a card for each.

import { showAbout } from "/about.js";
import { asTrouble, fetchFacts, Trouble } from "/ask.js";
import { ClipCard, PhotoCard, WebcamCard } from "/cards.js";
import { language, say, switchLanguage } from "/words.js";

const CLIP_NAME = /\.(mp4|mov|avi|mkv|webm|m4v|mpg|mpeg|wmv|3gp)$/i;
const find = (id) => document.getElementById(id);
const cards = new Set();
let facts = null;
let trouble = null;

function add(card) {
  cards.add(card);
  card.element.addEventListener("leave", () => cards.delete(card));
  find("results").prepend(card.element);
}

function take(files) {
  if (!facts) return;
  tell(null);
  for (const file of files) {
    add(file.type.startsWith("video/") || CLIP_NAME.test(file.name) ? new ClipCard(facts, file) : new PhotoCard(facts, file));
  }
}

async function startWebcam() {
  if (!facts) return;
  try {
    if (!navigator.mediaDevices) throw new Trouble(() => say("insecure"));
    const stream = await navigator.mediaDevices.getUserMedia({ video: { width: 640 }, audio: false })
      .catch(() => { throw new Trouble(() => say("noWebcam")); });
    tell(null);
    add(new WebcamCard(facts, stream));
  } catch (error) {
    tell(error);
  }
}

/** Show a trouble that belongs to no card; null takes it away. */
function tell(error) {
  trouble = error && asTrouble(error);
  find("page-error").hidden = !trouble;
  find("page-error").textContent = trouble ? trouble.line() : "";
}

function render() {
  document.documentElement.lang = language;
  document.title = say("title");
  for (const element of document.querySelectorAll("[data-word]")) element.textContent = say(element.dataset.word);
  find("language").textContent = language === "ko" ? "English" : "한국어";
  find("language").lang = language === "ko" ? "en" : "ko";
  tell(trouble);
  if (facts) showAbout(find("about-text"), facts);
  for (const card of cards) card.render();
}

function listen() {
  const drop = find("drop");
  for (const kind of ["photo", "clip"]) {
    find(`choose-${kind}`).addEventListener("click", () => find(`${kind}-input`).click());
    find(`${kind}-input`).addEventListener("change", ({ target }) => {
      take([...target.files]);
      target.value = ""; // the same file can be chosen again
    });
  }
  find("start-webcam").addEventListener("click", startWebcam);
  find("about-open").addEventListener("click", () => find("about").showModal());
  find("language").addEventListener("click", () => { switchLanguage(); render(); });
  document.addEventListener("paste", (event) => take([...event.clipboardData.files]));
  document.addEventListener("dragover", (event) => { event.preventDefault(); drop.classList.add("over"); });
  document.addEventListener("dragleave", () => drop.classList.remove("over"));
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    drop.classList.remove("over");
    take([...event.dataTransfer.files]);
  });
}

listen();
render();
try {
  facts = await fetchFacts();
  find("whole-note").hidden = Boolean(facts.finder);
} catch (error) {
  tell(error);
}
render();
document.body.dataset.ready = String(Boolean(facts));
