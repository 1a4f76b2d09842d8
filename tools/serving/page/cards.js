// A card for each photo, for each clip, and for the webcam: the picture with its boxes, and what is said about it.

import { askClip, askPhoto, asTrouble, listPets, Trouble } from "/ask.js";
import { MoodPlot } from "/mood_plot.js";
import { drawBoxes, make, makeSvg, nameClass, showPets } from "/pet_view.js";
import { nameMood, say } from "/words.js";

const WEBCAM_PAUSE = 200; // milliseconds: five frames a second
const DRAW_PAUSE = 200; // milliseconds between two drawings of a clip that is being judged
const WEBCAM_SIDE = 640; // pixels of the longer side
const WEBCAM_MEMORY = 60; // seconds in the plot

/** What all cards are: `render` draws the words anew, in the language of the moment. */
class Card {
  constructor(facts, name, closeWord, picture) {
    this.facts = facts;
    this.closing = new AbortController();
    this.trouble = null;
    this.status = null;
    this.closeWord = closeWord;
    this.picture = picture;
    this.boxes = makeSvg("svg", { "aria-hidden": "true" });
    this.close = make("button", { type: "button", class: "quiet close" });
    this.statusLine = make("p", { class: "status", role: "status" });
    this.errorLine = make("p", { class: "error", role: "alert", hidden: "" });
    this.pets = make("div", { class: "pets" });
    this.foot = make("footer");
    this.nameLine = make("span", { class: "name" }, name);
    this.element = make("article", { class: "card" },
      make("div", { class: "row" }, this.nameLine, this.close),
      make("div", { class: "picture" }, picture, this.boxes),
      make("div", {}, this.statusLine, this.errorLine, this.pets), this.foot);
    this.close.addEventListener("click", () => this.leave());
  }

  leave() {
    this.closing.abort();
    if (this.picture.src) URL.revokeObjectURL(this.picture.src);
    this.element.remove();
    this.element.dispatchEvent(new Event("leave"));
  }

  fail(error) {
    this.trouble = asTrouble(error);
    this.status = null;
    this.render();
  }

  render() {
    this.close.textContent = say(this.closeWord);
    this.statusLine.textContent = this.status ? this.status() : "";
    this.errorLine.hidden = !this.trouble;
    this.errorLine.textContent = this.trouble ? this.trouble.line() : "";
    this.renderAnswer();
  }
}

export class PhotoCard extends Card {
  constructor(facts, file) {
    super(facts, file.name, "remove", make("img", { alt: file.name }));
    this.pets.setAttribute("aria-live", "polite"); // only here: a clip's answers come too often to be read out
    this.picture.src = URL.createObjectURL(file);
    this.picture.addEventListener("error", () => { this.picture.parentElement.hidden = true; });
    this.status = () => say("looking");
    this.render();
    this.#ask(file);
  }

  async #ask(file) {
    try {
      this.found = await askPhoto(file, this.facts, this.closing.signal);
      await this.picture.decode().catch(() => {}); // its size in pixels is needed for the boxes
      this.status = null;
      this.render();
    } catch (error) {
      if (!this.closing.signal.aborted) this.fail(error);
    }
  }

  renderAnswer() {
    if (!this.found) return;
    showPets(this.pets, this.facts, this.found);
    drawBoxes(this.boxes, this.picture.naturalWidth || 1, this.picture.naturalHeight || 1, this.found);
  }
}

/** Plots of several pets over the same time, one below the other, with one legend. */
class Plots {
  constructor(facts, seek) {
    this.facts = facts;
    this.seek = seek;
    this.byNumber = new Map();
    this.key = make("p", { class: "key" });
    this.rows = make("div");
    this.element = make("div", { class: "plots", hidden: "" }, this.rows, this.key);
  }

  add(seconds, pets) {
    for (const { track, probabilities } of pets) {
      if (!this.byNumber.has(track)) this.byNumber.set(track, new MoodPlot(this.seek));
      this.byNumber.get(track).add(seconds, probabilities);
    }
  }

  keepOnly(numbers) {
    for (const number of this.byNumber.keys()) if (!numbers.includes(number)) this.byNumber.delete(number);
  }

  draw(from, to) {
    this.element.hidden = !this.byNumber.size;
    this.rows.replaceChildren(...[...this.byNumber].flatMap(([number, plot]) => {
      plot.draw(from, to);
      plot.setLabel(say("plot", say("pet", number)));
      return this.byNumber.size > 1 ? [make("span", { class: "name" }, say("pet", number)), plot.element] : [plot.element];
    }));
    const moods = this.facts.moods.map((_, label) => make("span", { class: nameClass(label) }, nameMood(this.facts, label)));
    this.key.replaceChildren(...moods, make("span", { class: "unseen" }, say("unseen")));
  }

  moveTo(seconds) {
    for (const plot of this.byNumber.values()) plot.moveTo(seconds);
  }
}

export class ClipCard extends Card {
  constructor(facts, file) {
    super(facts, file.name, "cancel", make("video", { controls: "", muted: "", playsinline: "", preload: "auto" }));
    this.frames = [];
    this.video = this.picture;
    this.video.muted = true;
    this.plots = new Plots(facts, (seconds) => { this.video.currentTime = seconds; });
    this.progress = make("progress", { max: 1 });
    this.summary = make("div", { class: "summary" });
    this.foot.append(this.progress, this.plots.element, this.summary);
    this.video.addEventListener("error", () => { this.isUnplayable = true; this.render(); });
    for (const event of ["timeupdate", "seeked", "loadedmetadata"]) this.video.addEventListener(event, () => this.#follow());
    this.video.src = URL.createObjectURL(file);
    this.status = () => say("sending");
    this.render();
    this.#ask(file);
  }

  async #ask(file) {
    try {
      for await (const said of askClip(file, this.facts, this.closing.signal)) {
        if (said.frame) this.#take(said.frame);
        else this.#end(said.answer);
      }
    } catch (error) {
      if (error instanceof Trouble || !this.closing.signal.aborted) this.fail(error);
      this.#finish();
    }
  }

  #take(frame) {
    this.frames.push(frame);
    this.plots.add(frame.seconds, frame.pets);
    this.status = () => say("progress", frame.seconds);
    if (this.video.duration) this.progress.value = Math.min(frame.seconds / this.video.duration, 1);
    this.drawing ??= setTimeout(() => { this.drawing = null; this.render(); }, DRAW_PAUSE);
  }

  #end({ results: [result] }) {
    this.answer = listPets(result);
    const numbers = this.answer.map(({ track }) => track);
    this.plots.keepOnly(numbers);
    for (const frame of this.frames) frame.pets = frame.pets.filter(({ track }) => numbers.includes(track));
    this.status = null;
    this.#finish();
  }

  #finish() {
    this.progress.hidden = true;
    this.closeWord = "remove";
    this.render();
  }

  leave() {
    if (this.closeWord === "remove") return super.leave();
    this.closing.abort(); // the server sees the connection close, and stops
    this.status = () => say("cancelled");
    this.#finish();
    return undefined;
  }

  renderAnswer() {
    const last = this.frames.at(-1);
    this.plots.draw(0, Math.max(this.video.duration || 0, last?.seconds ?? 0));
    if (this.answer) {
      this.summary.replaceChildren(make("h3", {}, say("wholeClip")), make("div", {}));
      showPets(this.summary.lastChild, this.facts, this.answer);
    }
    if (this.isUnplayable) this.statusLine.textContent ||= say("unplayable");
    this.picture.parentElement.hidden = Boolean(this.isUnplayable);
    this.#follow();
  }

  /** Show the frame where the clip is; the last one that was judged, where the clip cannot be shown. */
  #follow() {
    const seconds = this.isUnplayable ? Infinity : this.video.currentTime;
    const frame = findFrame(this.frames, seconds);
    if (!frame) return;
    this.plots.moveTo(Math.min(seconds, frame.seconds + 1));
    drawBoxes(this.boxes, frame.width, frame.height, frame.pets);
    showPets(this.pets, this.facts, frame.pets, "noPetNow");
  }
}

/** The last frame that is not later, by bisection; the first one before it. */
function findFrame(frames, seconds) {
  let low = 0;
  for (let high = frames.length; high - low > 1;) {
    const middle = (low + high) >> 1;
    if (frames[middle].seconds <= seconds + 0.05) low = middle;
    else high = middle;
  }
  return frames[low];
}

export class WebcamCard extends Card {
  constructor(facts, stream) {
    super(facts, say("webcam"), "stop", make("video", { muted: "", playsinline: "", autoplay: "" }));
    this.stream = stream;
    this.video = this.picture;
    this.video.muted = true;
    this.video.srcObject = stream;
    this.canvas = make("canvas");
    this.plots = new Plots(facts, null);
    this.foot.append(this.plots.element);
    this.start = performance.now();
    this.status = () => say("looking");
    this.render();
    this.#watch();
  }

  leave() {
    for (const track of this.stream.getTracks()) track.stop();
    super.leave();
  }

  async #watch() {
    while (!this.closing.signal.aborted) {
      const next = performance.now() + WEBCAM_PAUSE;
      if (this.video.videoWidth && !document.hidden) await this.#askOnce();
      await new Promise((resolve) => { setTimeout(resolve, Math.max(next - performance.now(), 0)); });
    }
  }

  async #askOnce() {
    try {
      const { videoWidth: width, videoHeight: height } = this.video;
      const scale = Math.min(1, WEBCAM_SIDE / Math.max(width, height));
      this.canvas.width = Math.round(scale * width);
      this.canvas.height = Math.round(scale * height);
      this.canvas.getContext("2d").drawImage(this.video, 0, 0, this.canvas.width, this.canvas.height);
      const blob = await new Promise((resolve) => { this.canvas.toBlob(resolve, "image/jpeg", 0.9); });
      this.found = await askPhoto(blob, this.facts, this.closing.signal);
      this.trouble = null;
      this.status = null;
      const seconds = (performance.now() - this.start) / 1000;
      this.plots.add(seconds, this.found.slice(0, 1)); // the largest: others have no number that lasts
      for (const plot of this.plots.byNumber.values()) plot.forgetBefore(seconds - WEBCAM_MEMORY);
      this.now = seconds;
      this.render();
    } catch (error) {
      if (!this.closing.signal.aborted) this.fail(error);
    }
  }

  renderAnswer() {
    this.nameLine.textContent = say("webcam");
    if (!this.found) return;
    showPets(this.pets, this.facts, this.found, "noPetNow");
    drawBoxes(this.boxes, this.canvas.width, this.canvas.height, this.found);
    this.plots.draw(Math.max(0, this.now - WEBCAM_MEMORY), this.now);
    this.plots.moveTo(this.now);
  }
}
