// What the model is and is not, what it is worth, and what it learned from: from /api/model.

import { make } from "/pet_view.js";
import { formatShare, language, nameMood, say } from "/words.js";

const round = (value) => (value === null ? "–" : value.toFixed(3));
const group = (count) => count.toLocaleString(language);

export function showAbout(element, facts) {
  const notes = [say(facts.model_prior), say("aboutRule", formatShare(facts.min_confidence))];
  if (facts.untrained.length) notes.push(say("untrained", facts.untrained.map((label) => nameMood(facts, label)).join(", ")));
  element.replaceChildren(
    make("h3", {}, say("aboutIs")), make("p", {}, say("aboutIsText")),
    make("h3", {}, say("aboutIsNot")), make("p", {}, say("aboutIsNotText")),
    make("h3", {}, say("aboutWorth")), ...(facts.scores ? showScores(facts.scores) : [make("p", {}, say("aboutWorthUnknown"))]),
    make("h3", {}, say("aboutData")), ...showData(facts),
    ...notes.map((note) => make("p", { class: "note" }, note)),
    make("p", { class: "note" }, say("network", facts.run, facts.backbone, facts.resolution)));
}

function showScores(scores) {
  const heads = ["", say("macroF1"), say("always", scores.videos.commonest[language === "ko" ? "korean" : "english"])];
  const rows = Object.entries(scores).map(([level, score]) => make("tr", {},
    make("th", { scope: "row" }, say(level, group(score.count))),
    make("td", {}, `${round(score.value)}${score.interval ? ` (${say("interval", ...score.interval.map(round))})` : ""}`),
    make("td", {}, round(score.majority))));
  const table = make("table", { id: "scores" }, make("tr", {}, ...heads.map((head) => make("th", { scope: "col" }, head))), ...rows);
  return [table, make("p", {}, say(scores.videos.against_majority))];
}

function showData({ data }) {
  if (!data) return [make("p", {}, say("aboutDataUnknown"))];
  return [["train", "trainedOn"], ["valid", "testedOn"]].map(([part, word]) => make("p", {},
    say(word, data[part].name, group(data[part].videos), group(data[part].pictures))));
}
