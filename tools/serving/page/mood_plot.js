// The six moods of one pet over time, as areas on top of each other. The line is where the clip is; a click goes there.

import { makeSvg, nameClass } from "/pet_view.js";

const LONGEST_GAP = 1; // seconds without the pet, over which no area is drawn
const HEIGHT = 100;

export class MoodPlot {
  /** `seek` is called with the seconds to go to; without it the plot cannot be clicked. */
  constructor(seek) {
    this.samples = [];
    this.line = makeSvg("line", { y1: 0, y2: HEIGHT, x1: 0, x2: 0 });
    this.areas = makeSvg("g");
    this.element = makeSvg("svg", { class: "plot", preserveAspectRatio: "none" }, this.areas, this.line);
    this.from = 0;
    this.to = 1;
    this.now = 0;
    if (seek) this.#makeSlider(seek);
  }

  setLabel(text) {
    this.element.setAttribute("aria-label", text);
  }

  add(seconds, probabilities) {
    this.samples.push({ seconds, probabilities });
  }

  forgetBefore(seconds) {
    this.samples = this.samples.filter((sample) => sample.seconds >= seconds);
  }

  draw(from, to) {
    this.from = from;
    this.to = Math.max(to, from + 0.2);
    this.element.setAttribute("viewBox", `${from} 0 ${this.to - from} ${HEIGHT}`);
    this.element.setAttribute("aria-valuemax", this.to.toFixed(1));
    this.areas.replaceChildren(...this.#runs().flatMap((run) => drawAreas(run)));
    this.moveTo(this.now);
  }

  moveTo(seconds) {
    this.now = seconds;
    this.line.setAttribute("x1", seconds);
    this.line.setAttribute("x2", seconds);
    this.element.setAttribute("aria-valuenow", seconds.toFixed(1));
  }

  /** The samples, cut where the pet was not seen. */
  #runs() {
    const runs = [];
    this.samples.forEach((sample, i) => {
      const before = this.samples[i - 1];
      if (!before || sample.seconds - before.seconds > LONGEST_GAP) runs.push([]);
      runs.at(-1).push(sample);
    });
    return runs;
  }

  #makeSlider(seek) {
    for (const [name, value] of Object.entries({ role: "slider", tabindex: 0, "aria-valuemin": 0 })) {
      this.element.setAttribute(name, value);
    }
    this.element.addEventListener("pointerdown", (event) => {
      const place = this.element.getBoundingClientRect();
      seek(this.from + ((event.clientX - place.left) / place.width) * (this.to - this.from));
    });
    this.element.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (!step) return;
      event.preventDefault();
      seek(Math.min(Math.max(this.now + step, this.from), this.to));
    });
  }
}

/** Six polygons from the bottom up. */
function drawAreas(run) {
  const last = run.at(-1);
  const samples = [...run, { ...last, seconds: last.seconds + 0.2 }]; // a single frame is seen as well
  const below = samples.map(() => 0);
  return last.probabilities.map((_, label) => {
    const low = samples.map(({ seconds }, i) => `${seconds},${(HEIGHT * (1 - below[i])).toFixed(2)}`);
    samples.forEach(({ probabilities }, i) => { below[i] += probabilities[label]; });
    const high = samples.map(({ seconds }, i) => `${seconds},${(HEIGHT * (1 - below[i])).toFixed(2)}`);
    return makeSvg("polygon", { class: nameClass(label), points: [...low, ...high.reverse()].join(" ") });
  });
}
