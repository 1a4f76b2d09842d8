"""What training, inference, export and the page say while they work, in Korean. See console.output.korean_messages."""

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
    "data    of {} preprocess makes a dataset first, once, in {}: {}": (
        "데이터  {}: 먼저 preprocess가 데이터셋을 한 번 만듭니다. 위치 {}, 명령 {}"
    ),
    "data    {} was made a dataset before: {}": "데이터  {}: 이미 만들어 둔 데이터셋을 씁니다. 위치 {}",
    "resume  {} goes on {}": "재시작  {}: {:text}",
    "after {} epochs and {} of {} steps": "{0} 에폭과 {2}스텝 중 {1}스텝을 마친 지점부터 이어서 학습합니다",
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
    "moods   without a training frame, so never answered: {}; {} of {} validation frames show them, which count as "
    "wrong and are left out of val_loss": (
        "감정    학습 프레임이 없어 답하지 않는 감정: {0}; 검증 프레임 {2}장 중 {1}장이 여기에 해당하며, 오답으로 "
        "세고 val_loss에서는 뺍니다"
    ),
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
    "{} is done already: {}": "{}: 이미 끝난 학습입니다. {}",
    "{} pictures learnt in {} epochs: accuracy {} in training mode, {} in inference": (
        "이미지 {}장을 {} 에폭 만에 외웠습니다. 정확도는 학습 모드 {}, 추론 모드 {}"
    ),
    "train: preprocess ended with status {}, for the reason that it gave above": (
        "train: preprocess가 위에 적힌 이유로 실패했습니다(종료 코드 {})"
    ),
}

_ANSWERING = {
    "judging the next file": "다음 파일을 추론하는 중",
    "writing and comparing {}": "내보내고 비교하는 중: {}",
    "{}: logits differ from the model's by {} at most": "{}: 모델과의 로짓 차이 최대 {}",
    "trying the model": "모델을 시험하는 중",
}

KOREAN_TRAINING = _TRAINING | _ANSWERING
