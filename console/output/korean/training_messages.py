"""What training, inference, export and the page say while they work, in Korean. See console.output.korean.messages."""

_TRAINING = {
    "loading TensorFlow": "TensorFlow를 불러오는 중",
    "loading TensorFlow and the model": "TensorFlow와 모델을 불러오는 중",
    "reading the dataset's manifest": "데이터셋의 매니페스트를 읽는 중",
    "building the network": "네트워크를 만드는 중",
    "checking data and network for the usual mistakes": "데이터와 네트워크에 흔한 실수가 없는지 검사하는 중",
    "compiling {}'s model and measuring its speed": "{} 단계의 모델을 컴파일하고 속도를 재는 중",
    "validating": "검증하는 중",
    "evaluating the best epoch's model": "가장 좋은 에폭의 모델을 평가하는 중",
    "drawing the report": "리포트를 그리는 중",
    "learning the pictures by heart": "이미지를 외우는 중",
    "learning the boxes by heart": "바운딩 박스를 외우는 중",
    "data    of {} preprocess makes a dataset first, once, in {}: {}": (
        "데이터  {}: 먼저 preprocess가 데이터셋을 한 번 만듭니다. 위치 {}, 명령 {}"
    ),
    "data    {} was made a dataset before: {}": "데이터  {}: 이미 만들어 둔 데이터셋을 씁니다. 위치 {}",
    "resume  {} goes on {}": "재시작  {}: {:text}",
    "after {} epochs and {} of {} steps": "{0}에폭과 {2}스텝 중 {1}스텝을 마친 지점부터 이어서 학습합니다",
    "device  {} ({}), {}, {}, XLA {}": "장치    {} ({}), {}, {}, XLA {}",
    "data    {} frames of {} videos, validation {} of {}; {} steps of {} an epoch, {}; the shuffle holds at most "
    "{} MB": (
        "데이터  학습 영상 {1}개의 프레임 {0}장, 검증 영상 {3}개의 프레임 {2}장; 에폭당 {4}스텝, 배치 {5}, {6:text}; "
        "셔플 버퍼 최대 {7} MB"
    ),
    "augmented on the device": "증강은 연산 장치에서",
    "random crop and mirroring only": "무작위 크롭과 좌우 반전만",
    "sizes   of the {} stored pixels, decoded to {} by {}, training sees {} at {}, validation all at {}": (
        "크기    저장된 {0}픽셀을 {1}픽셀로 디코딩({2}); 학습은 그중 {3}픽셀을 {4}픽셀로, 검증은 전체를 {5}픽셀로 "
        "봅니다"
    ),
    "moods   by training video: {}; imbalance: {}": "감정    학습 영상 기준: {}; imbalance: {}",
    "data    {} whole frames of {} videos, validation {} of {}; {} steps of {} an epoch, {}; the shuffle holds at "
    "most {} MB": (
        "데이터  학습 영상 {1}개의 전체 프레임 {0}장, 검증 영상 {3}개의 전체 프레임 {2}장; 에폭당 {4}스텝, 배치 {5}, "
        "{6:text}; 셔플 버퍼 최대 {7} MB"
    ),
    "scaled, moved, mirrored and recoloured": "크기, 위치, 좌우, 색을 바꿔 가며",
    "as validation shows them": "검증 때와 같은 모습으로",
    "sizes   frames of at most {} pixels, decoded by {}, in squares of {}; on {} frames there are more animals "
    "than the one box": (
        "크기    최대 {}픽셀 프레임을 디코딩({})해 {}픽셀 정사각형에 놓습니다; 프레임 {}장에는 바운딩 박스보다 "
        "동물이 많습니다"
    ),
    "check   {}": "검사    {:text}",
    "input: uint8 from {n} to {n}, mean {n}": "입력: uint8 {}~{}, 평균 {}",
    "a batch: {n} pictures of {n} videos, {n} moods": "배치: 이미지 {}장, 영상 {}개, 감정 {}가지",
    "a batch: {n} pictures of {n} videos": "배치: 이미지 {}장, 영상 {}개",
    "boxes: {n} x {n} of {n} pixels, in the median": "바운딩 박스: {2}픽셀 중 {0} x {1}, 중앙값",
    "first cross-entropy: {n} = ln {n}": "첫 교차 엔트로피: {} = ln {}",
    "one file through training and inference: {n} of 255 apart on average": (
        "같은 파일의 학습 입력과 추론 입력: 평균 차이 {}/255"
    ),
    "saved and loaded: logits {n} apart": "저장 후 불러오기: 로짓 차이 {}",
    "speed   {}: {}": "속도    {}: {:text}",
    "hosts   this is host {} of {}, with {} frames of a batch": (
        "호스트  {1}대 중 {0}번째. 배치에서 프레임 {2}장을 맡습니다"
    ),
    "waiting for the other {} of {} hosts": "전체 호스트 {1}대 중 나머지 {0}대를 기다리는 중",
    "waiting for the first of {} hosts": "호스트 {}대 중 첫 번째를 기다리는 중",
    "host {} of {} is done; the first host evaluates and has the model": (
        "호스트 {1}대 중 {0}번째: 끝났습니다. 평가와 모델은 첫 번째 호스트에 있습니다"
    ),
    "input alone {} images/s, model alone {}: the {} is the bottleneck; an epoch of {} images takes about {}": (
        "초당 이미지 수는 입력만 {0}장, 모델만 {1}장. 병목: {2:text}; 이미지 {3}장인 에폭 하나에 약 {4}"
    ),
    "input": "입력",
    "model": "모델",
    "epoch {} ({})  loss {n}  val_loss {n}  {}  {n} images/s, {n} of it waiting for data": (
        "에폭  {} ({})  손실 {}  검증 손실 {}  {:text}  초당 {}장, 데이터를 기다린 시간 {}"
    ),
    "macro-F1 {n}  accuracy {n}": "macro-F1 {}  정확도 {}",
    "AP50 {n}  AP {n}  mean IoU {n}": "AP50 {}  AP {}  평균 IoU {}",
    "note    on a CPU an epoch of millions of frames takes days; this is for a GPU": (
        "참고    프레임이 수백만 장이면 CPU에서는 에폭 하나에 며칠이 걸립니다. GPU에서 쓰는 설정입니다"
    ),
    "note    {} {}; the run goes on from {}": "참고    {} {}; {}에서 이어서 학습합니다",
    "note    {}; it is written again, by a coming epoch or the last one": (
        "참고    {}; 다음 에폭이나 마지막 에폭에 다시 씁니다"
    ),
    "{n} frames learnt in {n} epochs: mean IoU {} in inference": "프레임 {0}장을 {1}에폭 만에 외움: 추론 평균 IoU {2}",
    "batch   an epoch has fewer frames than the {} of a batch: trains with batches of {}": (
        "배치    에폭의 프레임이 배치 크기 {}보다 적어 배치 크기 {}로 학습합니다"
    ),
    "{n} pictures learnt in {n} epochs: accuracy {} in training mode, {} in inference": (
        "이미지 {}장을 {}에폭 만에 외웠습니다. 정확도는 학습 모드 {}, 추론 모드 {}"
    ),
    "train: preprocess ended with status {}, for the reason that it gave above": (
        "train: preprocess가 위에 적힌 이유로 실패했습니다(종료 코드 {})"
    ),
}

# What a run is worth.
_VERDICT = {
    "{} is done already: {}": "{}: 이미 끝난 학습입니다. {:text}",
    "frames: accuracy {} and macro-F1 {} of always answering {} ({}); with the natural prior, accuracy {}": (
        "프레임 단위로, 항상 ‘{3}’({2}) 하나로 답할 때와 비교하면 정확도 {0:text}, macro-F1 {1:text}. 감정이 학습 "
        "영상에서만큼 흔하다고 보면 정확도 {4:text}"
    ),
    "{}: frames: accuracy {} and macro-F1 {} of always answering {} ({}); with the natural prior, accuracy {}": (
        "{0}: 프레임 단위로, 항상 ‘{4}’({3}) 하나로 답할 때와 비교하면 정확도 {1:text}, macro-F1 {2:text}. 감정이 "
        "학습 영상에서만큼 흔하다고 보면 정확도 {5:text}"
    ),
    "{n} frames of {n} videos: {} of always answering the mean box, {} of always answering the mean box": (
        "영상 {1}개의 프레임 {0}장에서, 항상 평균 바운딩 박스로 답할 때와 비교하면 {2:text}, {3:text}"
    ),
    "{}: {n} frames of {n} videos: {} of always answering the mean box, {} of always answering the mean box": (
        "{0}: 영상 {2}개의 프레임 {1}장에서, 항상 평균 바운딩 박스로 답할 때와 비교하면 {3:text}, {4:text}"
    ),
    "AP at IoU 0.5 {}": "IoU 0.5의 AP {:text}",
    "mean IoU {}": "평균 IoU {:text}",
    "mean IoU of the best box {}": "가장 좋은 바운딩 박스의 평균 IoU {:text}",
    "{n} beats {n}": "{}(기준 {}보다 높음)",
    "{n} loses to {n}": "{}(기준 {}보다 낮음)",
    "{n} is not shown to differ from {n}": "{}(기준 {} 대비 차이가 확실하지 않음)",
    "{n} [{n}, {n}] beats {n}": "{} [{}, {}](기준 {}보다 높음)",
    "{n} [{n}, {n}] loses to {n}": "{} [{}, {}](기준 {}보다 낮음)",
    "{n} [{n}, {n}] is not shown to differ from {n}": "{} [{}, {}](기준 {} 대비 차이가 확실하지 않음)",
}

# What cannot be relied on, and what to do.
_WARNINGS = {
    "warning {}": "경고    {:text}",
    "without any frame, so never answered: {}; where animals may feel so, add videos of these moods": (
        "프레임이 없어 답하지 않는 감정: {}. 이런 감정도 물어볼 생각이면 이 감정의 영상을 추가하세요"
    ),
    "without a training frame, so never answered: {}; {n} of {n} validation frames show them, which count as wrong "
    "and are left out of val_loss: add videos of these moods; {}": (
        "학습 프레임이 없어 답하지 않는 감정: {0}. 검증 프레임 {2}장 중 {1}장이 여기에 해당하며, 오답으로 세고 "
        "val_loss에서는 뺍니다. 이 감정의 영상을 추가하세요. {3:text}"
    ),
    "python -m tools.dataset_report shows where they went": (
        "어디에서 빠졌는지 보려면: python -m tools.dataset_report"
    ),
    "no validation frame shows {}: macro-F1 leaves these moods out, and nothing says how well they are told: give "
    "a --valid that has videos of them": (
        "검증 프레임이 없는 감정: {}. macro-F1에서 빠지므로 얼마나 잘 맞히는지 알 수 없습니다. 이 감정의 영상이 있는 "
        "--valid를 지정하세요"
    ),
    "{}: no training video has most of its frames in this mood, so its share of the videos is made up (half a "
    "video): add videos of it, or leave these frames out": (
        "{}: 프레임 대부분이 이 감정인 학습 영상이 없어, 영상 비율을 임의로 정했습니다(영상 반 개). 이 감정의 영상을 "
        "추가하거나 이 프레임을 빼세요"
    ),
    "the temperature is 1 because none fits best: the validation videos are all answered rightly, or of one mood; "
    "probabilities are not calibrated: give more validation videos": (
        "검증 영상을 모두 맞혔거나 감정이 한 가지뿐이라 온도를 맞출 수 없어 1로 두었습니다. 확률이 보정되지 않았으니 "
        "검증 영상을 더 지정하세요"
    ),
    "the temperature {n} is at the end of its range ({n} to {n}): {}": (
        "온도 {0}: 범위({1}~{2})의 끝에 닿았습니다. {3:text}"
    ),
    "the answers tell nothing of the moods, and all probabilities become nearly equal: train longer, or see by "
    "--overfit 64 whether the model can learn": (
        "모델의 답이 감정을 구별하지 못해 확률이 거의 똑같아집니다. 더 오래 학습하거나, --overfit 64로 모델이 학습할 "
        "수 있는지 확인하세요"
    ),
    "validation is answered better than any probability can say: look for validation videos that are in training "
    "too, or give more of them": (
        "검증 결과가 지나치게 좋습니다. 학습에도 들어 있는 검증 영상이 있는지 확인하거나 검증 영상을 더 지정하세요"
    ),
    "warning {} ends a stage and {} chooses the model, as you asked: a stage may end while {} still rises; --stop "
    "best goes by one figure": (
        "경고    지정한 대로 단계의 종료는 {}, 모델 선택은 {} 기준입니다. {} 값이 오르는 중에도 단계가 끝날 수 "
        "있습니다. --stop best를 지정하면 기준이 하나가 됩니다"
    ),
    "warning {} was highest in the last epoch, {n}: it may rise further; give more --epochs": (
        "경고    {}: 마지막 에폭({})에서 가장 높았으므로 더 오를 수 있습니다. --epochs를 늘리세요"
    ),
    "stop    {} ends after {n} of {n} epochs: {}": "종료    {0}: 전체 {2}에폭 중 {1}에폭에서 끝냅니다. {3:text}",
    "{} has not risen above its highest value in the last {n} epochs": "{}: 최근 {}에폭 동안 최고치를 넘지 못했습니다",
    "{}; but {}, which chooses the model, was never higher: --stop best goes on": (
        "{:text}. 그러나 모델을 고르는 {} 값은 지금이 가장 높습니다. --stop best를 지정하면 계속 학습합니다"
    ),
    "{} has not fallen below its lowest value in the last {n} epochs": (
        "{}: 최근 {}에폭 동안 최저치보다 낮아지지 않았습니다"
    ),
}

_ANSWERING = {
    "judging the next file": "다음 파일을 추론하는 중",
    "writing and comparing {}": "내보내고 비교하는 중: {}",
    "{}: answers differ from the model's by {} at most": "{}: 모델과의 차이 최대 {}",
    "trying the model": "모델을 시험하는 중",
}

KOREAN_TRAINING = _TRAINING | _VERDICT | _WARNINGS | _ANSWERING
