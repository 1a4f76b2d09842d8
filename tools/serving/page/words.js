// All words of the page in Korean and in English. Moods and Korean sentences come from the server, which has them anyway.

const WORDS = {
  ko: {
    title: "지금 어떤 감정일까요?",
    about: "모델에 대하여",
    invite: "강아지나 고양이의 사진이나 동영상을 여기에 놓거나, 붙여넣거나, 골라 주세요.",
    choosePhoto: "사진 고르기",
    chooseClip: "동영상 고르기",
    startWebcam: "웹캠으로 보기",
    private: "보낸 것은 이 서버 밖으로 나가지 않고, 저장되지도 않아요.",
    whole: "동물을 찾는 모델 없이 시작해서, 사진 전체를 보고 답해요. 동물이 없어도 감정을 말할 수 있어요.",
    close: "닫기",
    remove: "지우기",
    cancel: "그만두기",
    stop: "웹캠 끄기",
    webcam: "웹캠",
    looking: "보고 있어요…",
    sending: "보내는 중…",
    cancelled: "그만두었어요.",
    noPet: "강아지나 고양이를 찾지 못했어요. 그래서 감정도 말하지 않아요.",
    noPetNow: "지금은 강아지나 고양이가 보이지 않아요.",
    unreachable: "서버에 닿을 수 없어요. 서버가 켜져 있는지 보고 다시 해 주세요.",
    unplayable: "이 브라우저는 이 동영상을 보여 주지 못해요. 감정은 아래 그래프로 볼 수 있어요.",
    noWebcam: "웹캠을 쓸 수 없어요. 연결과 브라우저의 허락을 확인해 주세요.",
    insecure: "웹캠은 https나 이 컴퓨터(localhost)에서 연 페이지에서만 쓸 수 있어요.",
    tooLarge: (limit) => `파일이 너무 커요. ${limit} MB까지 볼 수 있어요.`,
    sure: (percent) => `꽤 확실해요 · ${percent}`,
    fair: (percent) => `그런 것 같아요 · ${percent}`,
    weak: (percent) => `조금 그래 보여요 · ${percent}`,
    unsure: (percent) => `모르겠어요 · 가장 높은 것도 ${percent}`,
    wholeClip: "동영상 전체",
    unseen: "동물이 보이지 않음",
    plot: (pet) => `${pet}의 시간에 따른 감정. 화살표 키로 앞뒤로 갈 수 있어요.`,
    pet: (number) => `${number}번`,
    progress: (seconds) => `${seconds.toFixed(1)}초까지 보았어요`,
    aboutIs: "무엇인가요",
    aboutIsText: "사진 속 강아지나 고양이의 겉모습으로 여섯 가지 감정 가운데 하나를 어림하는 신경망이에요. 아래에 적힌 영상의 라벨로 배웠고, 다른 것은 몰라요.",
    aboutIsNot: "무엇이 아닌가요",
    aboutIsNotText: "동물의 마음을 읽지 못하고, 병이나 통증을 알아내지 못해요. 걱정되면 수의사에게 보여 주세요.",
    aboutWorth: "얼마나 맞나요",
    aboutWorthUnknown: "이 모델의 디렉터리에 metrics.json이 없어서 얼마나 맞는지 알 수 없어요.",
    aboutData: "무엇으로 배웠나요",
    aboutDataUnknown: "이 모델의 디렉터리에 run.json이 없어서 무엇으로 배웠는지 알 수 없어요.",
    aboutRule: (least) => `가장 높은 확률이 ${least}보다 낮으면 모르겠다고 해요.`,
    equal: "확률은 모든 감정이 똑같이 흔하다고 볼 때의 값이에요.",
    natural: "확률은 학습 영상에서 흔한 정도를 반영한 값이에요.",
    untrained: (moods) => `배운 적이 없어 절대 답하지 않는 감정: ${moods}`,
    macroF1: "macro-F1 (1이 최고)",
    always: (mood) => `항상 ‘${mood}’라고 할 때`,
    interval: (low, high) => `95% 구간 ${low}–${high}`,
    videos: (count) => `영상 ${count}개`,
    frames: (count) => `프레임 ${count}장`,
    beats: "늘 같은 답을 하는 것보다 나아요.",
    "loses to": "늘 같은 답을 하는 것보다 못해요.",
    unclear: "늘 같은 답을 하는 것보다 낫다고 할 수 없어요.",
    trainedOn: (name, videos, pictures) => `${name}: 영상 ${videos}개의 사진 ${pictures}장으로 배웠어요.`,
    testedOn: (name, videos, pictures) => `${name}: 배우지 않은 영상 ${videos}개의 사진 ${pictures}장으로 확인했어요.`,
    network: (run, backbone, pixels) => `${run} · ${backbone} · ${pixels} px`,
  },
  en: {
    title: "How are they feeling?",
    about: "About the model",
    invite: "Drop, paste or choose photos or a clip of a dog or a cat.",
    choosePhoto: "Choose photos",
    chooseClip: "Choose a clip",
    startWebcam: "Use the webcam",
    private: "What you send does not leave this server and is not kept.",
    whole: "Started without a finder: whole pictures are judged, so a mood may be told where there is no animal.",
    close: "Close",
    remove: "Remove",
    cancel: "Cancel",
    stop: "Stop the webcam",
    webcam: "Webcam",
    looking: "Looking…",
    sending: "Sending…",
    cancelled: "Cancelled.",
    noPet: "No dog and no cat was found, so no mood is told.",
    noPetNow: "No dog and no cat to be seen now.",
    unreachable: "The server cannot be reached. See whether it is running, and try again.",
    unplayable: "This browser cannot show this clip. Its moods are in the plot below.",
    noWebcam: "The webcam cannot be used. Look at its connection and at the browser's permission.",
    insecure: "A webcam needs a page from https or from this machine (localhost).",
    tooLarge: (limit) => `The file is too large; ${limit} MB are taken.`,
    sure: (percent) => `Quite sure · ${percent}`,
    fair: (percent) => `Seems so · ${percent}`,
    weak: (percent) => `Perhaps · ${percent}`,
    unsure: (percent) => `I don't know · at most ${percent}`,
    wholeClip: "The whole clip",
    unseen: "not seen",
    plot: (pet) => `Moods over time of ${pet}. Arrow keys go back and forth.`,
    pet: (number) => `No. ${number}`,
    progress: (seconds) => `${seconds.toFixed(1)} s seen`,
    aboutIs: "What it is",
    aboutIsText: "A neural network that guesses one of six moods from how a dog or a cat looks. It learned from the labels of the videos named below, and knows nothing else.",
    aboutIsNot: "What it is not",
    aboutIsNotText: "It reads no minds and detects neither illness nor pain. If you are worried, ask a vet.",
    aboutWorth: "How often it is right",
    aboutWorthUnknown: "There is no metrics.json in the model's folder: how often it is right is not known.",
    aboutData: "What it learned from",
    aboutDataUnknown: "There is no run.json in the model's folder: what it learned from is not known.",
    aboutRule: (least) => `Below a probability of ${least} it says that it does not know.`,
    equal: "Probabilities are for moods that are equally common.",
    natural: "Probabilities take into account how common the moods are among the training videos.",
    untrained: (moods) => `Never answered, since it has not learned them: ${moods}`,
    macroF1: "Macro-F1 (1 is best)",
    always: (mood) => `Always saying "${mood}"`,
    interval: (low, high) => `95% interval ${low}–${high}`,
    videos: (count) => `${count} videos`,
    frames: (count) => `${count} frames`,
    beats: "Better than always giving the same answer.",
    "loses to": "Worse than always giving the same answer.",
    unclear: "Not shown to be better than always giving the same answer.",
    trainedOn: (name, videos, pictures) => `${name}: learned from ${pictures} pictures of ${videos} videos.`,
    testedOn: (name, videos, pictures) => `${name}: checked on ${pictures} pictures of ${videos} videos that it had not seen.`,
    network: (run, backbone, pixels) => `${run} · ${backbone} · ${pixels} px`,
  },
};

const ENGLISH_PETS = { dog: "The dog", cat: "The cat", null: "The animal" };
const ENGLISH_PREDICATES = [
  "looks angry or annoyed", "seems to be afraid", "looks happy", "looks calm", "is being aggressive", "looks anxious or sad",
];

export let language = localStorage.getItem("language") === "en" ? "en" : "ko";

export function switchLanguage() {
  language = language === "ko" ? "en" : "ko";
  localStorage.setItem("language", language);
}

/** The words for a key; arguments where they are a function. */
export function say(key, ...values) {
  const words = WORDS[language][key];
  return typeof words === "function" ? words(...values) : words;
}

export function formatShare(share) {
  return `${(100 * share).toFixed(share < 0.0995 ? 1 : 0)}%`;
}

/** A mood's name; facts are those of /api/model. */
export function nameMood(facts, label) {
  return facts.moods[label][language === "ko" ? "korean" : "english"];
}

/** The sentence about a pet, whose label is null where the mood is not known. */
export function formSentence(facts, species, label) {
  if (language === "ko") return facts.sentences[species ?? "unknown"][label ?? facts.moods.length];
  return `${ENGLISH_PETS[species]} ${label === null ? "is in a mood that I cannot tell" : ENGLISH_PREDICATES[label]}.`;
}

/** How sure the answer is, in words and as a percentage. */
export function formSureness(label, share) {
  const percent = formatShare(share);
  if (label === null) return say("unsure", percent);
  return say(share >= 0.75 ? "sure" : share >= 0.55 ? "fair" : "weak", percent);
}
