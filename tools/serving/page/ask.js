// Asks the server about photos and clips. What goes wrong becomes an error with a line in both languages.

import { language, say } from "/words.js";

const RETRIES = 5;
const AT_ONCE = 2; // photos: the others wait here, so that the server has room for other people
let free = AT_ONCE;
const waiting = [];

/** An error whose line is said in the language of the moment. */
export class Trouble extends Error {
  constructor(line) {
    super(line());
    this.line = line;
  }
}

/** A trouble from whatever was thrown. */
export function asTrouble(error) {
  return error instanceof Trouble ? error : new Trouble(() => say("unreachable"));
}

function fromServer({ korean, english }) {
  return new Trouble(() => (language === "ko" ? korean : english));
}

export async function fetchFacts() {
  const response = await fetch("/api/model");
  if (!response.ok) throw new Trouble(() => say("unreachable"));
  return response.json();
}

function checkSize(file, limit) {
  if (file.size > limit) throw new Trouble(() => say("tooLarge", limit / 1e6));
}

async function post(body, signal, headers = {}) {
  for (let attempt = 0; ; attempt += 1) {
    const response = await fetch("/api/mood", { method: "POST", body, signal, headers });
    if (response.ok) return response;
    if (response.status !== 503 || attempt === RETRIES) throw fromServer((await response.json()).error);
    await new Promise((resolve) => { setTimeout(resolve, 1000 * Number(response.headers.get("retry-after") ?? 2)); });
  }
}

/** The pets on a photo, as the page shows them. */
export async function askPhoto(blob, facts, signal) {
  checkSize(blob, facts.limits.photo_bytes);
  if (free === 0) await new Promise((resolve) => { waiting.push(resolve); });
  else free -= 1;
  try {
    const { results: [result] } = await (await post(blob, signal)).json();
    return listPets(result).map((pet, i) => ({ ...pet, track: i + 1 }));
  } finally {
    if (waiting.length) waiting.shift()();
    else free += 1;
  }
}

/** Yields what the server says of a clip, line by line. */
export async function* askClip(file, facts, signal) {
  checkSize(file, facts.limits.clip_bytes);
  const response = await post(file, signal, { accept: "application/x-ndjson" });
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let rest = ""; ;) {
    const { value, done } = await reader.read();
    if (done) return;
    const lines = (rest + value).split("\n");
    rest = lines.pop();
    for (const line of lines) {
      const said = JSON.parse(line);
      if (said.error) throw Object.assign(fromServer(said.error), { code: said.error.code });
      yield said;
    }
  }
}

/** The pets of a result in the short form of a clip's frames; without a finder the whole picture is the only one. */
export function listPets(result) {
  return (result.pets ?? [{ ...result, track: 1, box: null }]).map((pet) => ({
    track: pet.track,
    box: pet.box,
    species: pet.species,
    label: pet.mood?.label ?? null,
    probabilities: pet.probabilities.map(({ probability }) => probability),
  }));
}
