"""The errors of finders' files, of inference, export and the page, in Korean. See console.output.korean.call_errors."""

_FINDERS = {
    "give MediaPipe's SSD-MobileNetV2 as a .tflite file (docs/trainer.md says where to get it), or the "
    "finder.keras of a run of trainer.train_finder, or the model.onnx of its export": (
        "MediaPipe의 SSD-MobileNetV2 .tflite 파일(받는 곳은 docs/trainer.ko.md), trainer.train_finder로 학습한 "
        "finder.keras, 내보낸 model.onnx 가운데 하나를 지정하세요"
    ),
    "an empty file": "빈 파일",
    "a zip or .keras file": "zip 또는 .keras 파일",
    "not a LiteRT file": "LiteRT 파일이 아님",
    "{} and {} are not installed: make setup, or pip install '.[{}]', in the checkout of pet mood": (
        "{}, {}: 설치되어 있지 않습니다. pet mood의 체크아웃에서 make setup이나 pip install '.[{}]' 명령으로 설치하세요"
    ),
    "{}: {} is not installed: make setup, or pip install '.[{}]', in the checkout of pet mood": (
        "{}: {} 패키지가 설치되어 있지 않습니다. pet mood의 체크아웃에서 make setup이나 pip install '.[{}]' 명령으로 "
        "설치하세요"
    ),
    "{} is not installed: make setup, or pip install '.[{}]', in the checkout of pet mood": (
        "{}: 설치되어 있지 않습니다. pet mood의 체크아웃에서 make setup이나 pip install '.[{}]' 명령으로 설치하세요"
    ),
    "--format {}: {}; or choose other formats": "--format {}: {:text}. 아니면 다른 형식을 고르세요",
    "--finder {}: there is no such file; {}": "--finder {}: 없는 파일입니다. {:text}",
    "--finder {}: {}, not a finder; {}": "--finder {}: 탐지 모델이 아닙니다({:text}). {:text}",
    "--finder {}: {}; {}": "--finder {}: 읽을 수 없습니다: {}. {:text}",
    "--finder {}: LiteRT cannot load it: {}; get the file anew": (
        "--finder {}: LiteRT로 불러올 수 없습니다: {}. 파일을 다시 받으세요"
    ),
    "--finder {}: is another network: it takes {} and gives {}; MediaPipe's SSD-MobileNetV2 takes (1, {}, {}, 3) "
    "and gives {}, {}": (
        "--finder {}: 다른 네트워크입니다(입력 {}, 출력 {}). MediaPipe의 SSD-MobileNetV2는 입력 (1, {}, {}, 3), 출력 "
        "{}, {}입니다"
    ),
}

_ANSWERING = {
    "--topk {}: there are 1 to {} moods to name": "--topk {}: 1에서 {} 사이를 지정하세요",
    "--{} {}: is {}, 0 to {}": "--{0} {1}: 0에서 {3} 사이여야 합니다({2:text})",
    "a probability": "확률",
    "a difference of two probabilities": "두 확률의 차이",
    "a number of seconds": "초",
    "a share of the picture's shorter side": "이미지 짧은 변에 대한 비율",
    "--batch_size {}: has to be 1 or more": "--batch_size {}: 1 이상이어야 합니다",
    "--classes {}: {} tells {} moods; leave the flag out": (
        "--classes {}: {} 모델의 감정은 {}가지입니다. 플래그를 빼세요"
    ),
    "--input_size {}: {} takes squares of {n} pixels; leave the flag out": (
        "--input_size {}: {} 모델은 {}픽셀 정사각형을 받습니다. 플래그를 빼세요"
    ),
    "--input_size {}: {} takes squares of {n} pixels (trained at {n}); leave the flag out": (
        "--input_size {}: {} 모델은 {}픽셀 정사각형을 받습니다(학습은 {}픽셀). 플래그를 빼세요"
    ),
    "--input_size {}: {} takes squares of {} pixels{}; leave the flag out": (
        "--input_size {}: {} 모델은 {}픽셀 정사각형을 받습니다{}. 플래그를 빼세요"
    ),
    "--annotated {}: there is a file in its place; name a folder": (
        "--annotated {}: 파일이 있습니다. 디렉터리를 지정하세요"
    ),
    "--annotated {}: {} there is one of the pictures asked about; name another": (
        "--annotated {}: 그 안의 {} 파일은 추론할 이미지입니다. 다른 디렉터리를 지정하세요"
    ),
    "{}: names number {}; the model has {} moods, 0 to 5": "{}: {}번이 있습니다. 모델의 감정은 {}가지, 0에서 5번입니다",
    "{}: has no name for {}; the model has {} ({})": "{}: {}번의 이름이 없습니다. 모델에서는 {}({})입니다",
    "{}: {} is {}, in the model it is {} ({}); the model's own names are used, leave --label out": (
        "{}: {}번은 {}인데 모델에서는 {}({})입니다. 모델의 이름을 쓰므로 --label을 빼세요"
    ),
    "--label {}: is not UTF-8; save it as UTF-8": "--label {}: UTF-8이 아닙니다. UTF-8로 저장하세요",
    "--label {}: is no list of labels: {}": "--label {}: 라벨 목록이 아닙니다: {}",
    "--image -: standard input can be read only once; leave the other - out": (
        "--image -: 표준 입력은 한 번만 읽을 수 있습니다. 다른 -를 빼세요"
    ),
    "--image -: a picture is read from standard input, which is a terminal; give it with < FILE": (
        "--image -: 표준 입력이 터미널이라 이미지를 읽을 수 없습니다. < FILE로 지정하세요"
    ),
    "argument {}: {} is not four whole numbers x,y,width,height": "{}: x,y,width,height의 정수 넷이 아닙니다({})",
    "argument {}: {}: x and y have to be 0 or more, width and height 1 or more": (
        "{}: x와 y는 0 이상, width와 height는 1 이상이어야 합니다({})"
    ),
    "{} is not four whole numbers x,y,width,height": "{}: x,y,width,height의 정수 넷이 아닙니다",
    "{}: x and y have to be 0 or more, width and height 1 or more": (
        "{}: x와 y는 0 이상, width와 height는 1 이상이어야 합니다"
    ),
}

_EXPORTS = {
    "name what to export: --weight_path FILE, --finder FILE, or both for whole pictures": (
        "내보낼 것을 지정하세요: --weight_path FILE, --finder FILE, 전체 이미지라면 둘 다"
    ),
    "{} {}: only a .keras file can be exported; give that of a run, or its folder": (
        "{} {}: .keras 파일만 내보낼 수 있습니다. 학습 결과의 파일이나 디렉터리를 지정하세요"
    ),
    "--min_pet needs --weight_path and --finder: only then whole pictures are judged": (
        "--min_pet에는 --weight_path와 --finder가 모두 필요합니다. 그때만 전체 이미지를 추론합니다"
    ),
    "export runs on TensorFlow, not on {}: KERAS_BACKEND=tensorflow": (
        "내보내기는 TensorFlow에서만 됩니다. 지금은 {}입니다. KERAS_BACKEND=tensorflow를 지정하세요"
    ),
    "{} {} differ by {}, more than {}; nothing was written, export the other formats": (
        "{} {}: 차이가 {}입니다(한도 {}). 아무것도 쓰지 않았으니 다른 형식으로 내보내세요"
    ),
    "{}: rounding decides what is told of every picture that was tried; name another --image": (
        "{}: 시험한 모든 이미지에서 반올림이 답을 바꿉니다. 다른 이미지를 --image로 지정하세요"
    ),
    "{}: damaged: differs from what was written; copy it anew, or export the model again": (
        "{}: 손상되어 쓸 때와 내용이 다릅니다. 다시 복사하거나 모델을 다시 내보내세요"
    ),
    "{}: states no digest of itself: exported before there was one, or damaged; export again": (
        "{}: 파일에 체크섬이 없습니다. 체크섬이 없던 때 내보냈거나 손상되었습니다. 다시 내보내세요"
    ),
    "layer {} normalises by more than colours, which cannot be written as ONNX": (
        "{} 층은 색 말고도 정규화하므로 ONNX로 쓸 수 없습니다"
    ),
}

_SERVING = {
    "--host {}: name the machine as its users do, with --allow_host NAME": (
        "--host {}: 사용자가 쓰는 이 컴퓨터의 이름을 --allow_host NAME으로 지정하세요"
    ),
    "--{} {}: has to be 0 to 1": "--{} {}: 0에서 1 사이여야 합니다",
    "--{} {}: has to be above 0": "--{} {}: 0보다 커야 합니다",
    "{} is not as this program writes it ({}); train anew or move it away": (
        "{}: 이 프로그램이 쓴 형식이 아닙니다({}). 다시 학습하거나 파일을 옮기세요"
    ),
}

KOREAN_ANSWERING_ERRORS = _FINDERS | _ANSWERING | _EXPORTS | _SERVING
