// Boxes on a picture, and beside it for each pet a sentence, six bars, and how sure the model is.

import { formatShare, formSentence, formSureness, nameMood, say } from "/words.js";

const SVG = "http://www.w3.org/2000/svg";

/** An element with attributes and children; text is always text, never markup. */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

export function makeSvg(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

export function nameClass(label) {
  return `mood-${label ?? "unknown"}`;
}

/** Draw the boxes of pets over a picture of width x height pixels. A whole picture has no box. */
export function drawBoxes(svg, width, height, pets) {
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  const thick = Math.max(width, height) / 180;
  const radius = 4 * thick;
  svg.replaceChildren(...pets.filter((pet) => pet.species !== null).map((pet) => {
    const { x, y, width: w, height: h } = pet.box;
    const cx = Math.min(Math.max(x + radius, radius), width - radius);
    const cy = Math.min(Math.max(y + radius, radius), height - radius);
    const number = makeSvg("text", { x: cx, y: cy, "font-size": 1.3 * radius }, String(pet.track));
    return makeSvg("g", { class: nameClass(pet.label) },
      makeSvg("rect", { x, y, width: w, height: h, "stroke-width": thick, rx: thick }),
      makeSvg("circle", { cx, cy, r: radius }), number);
  }));
}

/** What is said about the pets: numbered as their boxes are, if there are several. */
export function showPets(element, facts, pets, none = "noPet") {
  element.replaceChildren(...pets.map((pet) => showPet(facts, pet, pets.length > 1)));
  if (!pets.length) element.append(make("p", { class: "none" }, say(none)));
}

function showPet(facts, pet, isNumbered) {
  const best = Math.max(...pet.probabilities);
  const sentence = formSentence(facts, pet.species, pet.label);
  const bars = pet.probabilities.flatMap((share, label) => showBar(facts, label, share, share === best));
  return make("article", { class: `pet ${nameClass(pet.label)}` },
    make("p", { class: "sentence" }, isNumbered ? `${say("pet", pet.track)} · ${sentence}` : sentence),
    make("p", { class: "sure" }, formSureness(pet.label, best)),
    make("dl", { class: "bars" }, ...bars));
}

function showBar(facts, label, share, isBest) {
  const fill = make("span");
  fill.style.width = `${100 * share}%`;
  const mark = isBest ? " best" : "";
  return [
    make("dt", { class: mark.trim() }, nameMood(facts, label)),
    make("dd", { class: `bar ${nameClass(label)}`, "aria-hidden": "true" }, fill),
    make("dd", { class: `share${mark}` }, formatShare(share)),
  ];
}
