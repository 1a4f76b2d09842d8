"""The help of commands in Korean: argparse's own words, what each command does, and the flags of all but the settings.

The keys are the English texts on one line and without a full stop at their end; `{n}` is a number. Those of preprocess
and training are in console.output.korean.settings_help, whole descriptions in console.output.korean.abouts.
"""

_LAYOUT = {
    "usage:": "사용법:",
    "options": "옵션",
    "positional arguments": "위치 인자",
    "commands:": "명령:",
    "examples:": "예시:",
    "default": "기본값",
    "required": "필수",
    "a whole number from {n}": "{} 이상의 정수",
    "a whole number from {n} to {n}": "{}에서 {} 사이의 정수",
    "a number from {n}": "{} 이상의 수",
    "a number from {n} to {n}": "{}에서 {} 사이의 수",
    "a number from {n}, below {n}": "{} 이상 {} 미만의 수",
    "a number above {n}": "{} 초과의 수",
    "a number above {n}, at most {n}": "{} 초과 {} 이하의 수",
}

_SHARED = {
    "show this help message and exit": "이 도움말을 보여 주고 끝냅니다",
    "show this and end": "이 도움말을 보여 주고 끝냅니다",
    "show tracebacks": "오류의 트레이스백을 보여 줍니다",
    "say only errors, warnings and the last lines": "오류, 경고, 마지막 몇 줄만 출력합니다",
    "append what is said there too, each line with its date": "출력하는 내용을 날짜와 함께 이 파일에도 덧붙입니다",
    "say it in English or in Korean; by default as the locale says. What pets feel is told in Korean alone": (
        "출력 언어(영어 또는 한국어). 지정하지 않으면 로캘을 따릅니다. 감정에 관한 답은 항상 한국어입니다"
    ),
    "print the version and end": "버전을 출력하고 끝냅니다",
    "a YAML file of settings, or one that comes along: {}": "설정 YAML 파일, 또는 함께 제공되는 설정의 이름: {}",
    "print the settings that hold, as YAML for a file, and end": (
        "적용될 설정을 파일에 쓸 수 있는 YAML로 출력하고 끝냅니다"
    ),
    "petmood NAME --help tells more of a command": "명령마다 자세한 도움말은 petmood NAME --help로 볼 수 있습니다.",
}

# The list of petmood.
_COMMANDS = {
    "make a small source of made pet videos to try everything on": "모든 것을 시험해 볼 작은 가상 영상 원본을 만듭니다",
    "what lies in a source, what is missing, what a run would take": (
        "원본에 있는 것, 빠진 것, 실행에 드는 것을 알려 줍니다"
    ),
    "how long a run and an epoch take here, what limits, which settings to use": (
        "이 컴퓨터에서 데이터셋 만들기와 에폭이 얼마나 걸릴지, 무엇이 한계인지, 어떤 설정이 맞는지 알려 줍니다"
    ),
    "labels and frames -> a dataset": "라벨과 프레임 -> 데이터셋",
    "check every byte of a dataset": "데이터셋의 모든 바이트를 검사합니다",
    "a picture of a dataset's crops, by mood": "데이터셋의 크롭을 감정별로 모은 이미지",
    "a page about a dataset: moods, splits, rejections, boxes, samples": (
        "데이터셋을 보여 주는 페이지: 감정, 분할, 제외, 바운딩 박스, 샘플"
    ),
    "a page about near-duplicates and what other settings would keep": (
        "유사 중복과, 설정을 바꾸면 남을 프레임을 보여 주는 페이지"
    ),
    "a dataset's kept rows as train.csv and val.csv": "데이터셋에 남은 행을 train.csv와 val.csv로 내보냅니다",
    "a dataset's whole frames and boxes as COCO JSON": (
        "데이터셋의 전체 프레임과 바운딩 박스를 COCO JSON으로 내보냅니다"
    ),
    "two datasets or two runs side by side: what differs, and which run is better": (
        "데이터셋 둘 또는 학습 결과 둘을 비교합니다: 다른 점, 더 나은 쪽"
    ),
    "a dataset or a CSV -> a model": "데이터셋 또는 CSV -> 모델",
    "a dataset's whole frames -> what finds dogs and cats in pictures": (
        "데이터셋의 전체 프레임 -> 개와 고양이를 찾는 탐지 모델"
    ),
    "pictures, folders and videos -> moods in Korean": "이미지, 디렉터리, 동영상 -> 한국어 감정",
    "the page that answers photos, clips and a webcam": "사진, 동영상, 웹캠에 답하는 페이지",
    "a model as SavedModel, LiteRT and ONNX": "모델을 SavedModel, LiteRT, ONNX로 내보냅니다",
    "what a shell completes behind petmood: bash or zsh": "petmood 명령의 셸 자동 완성: bash 또는 zsh",
}

_EXAMPLES = {
    "24 videos of 16 frames, as folders": "16프레임 영상 24개를 디렉터리로",
    "more and smaller, in zips as AI Hub packs them": "더 작은 영상을 더 많이, AI Hub처럼 zip으로",
    "tables on the terminal": "터미널에 표로",
    "two sources, as a page": "원본 둘을 페이지로",
    "about a minute; times for preprocess and for an epoch of training": "약 1분. 데이터셋 만들기와 학습 에폭의 시간",
    "for longer, with settings": "설정을 지정해 더 오래",
    "archives or folders, as AI Hub delivers them": "AI Hub에서 받은 그대로의 압축 파일이나 디렉터리",
    "only tell what would be kept": "무엇이 남을지만 확인",
    "a dataset of this machine": "이 컴퓨터의 데이터셋",
    "a copy; the status says whether it is whole": "복사본. 종료 코드로 손상 여부를 알 수 있음",
    "six crops of each mood, as data/pets.png": "감정마다 크롭 6개를 data/pets.png로",
    "more, of the validation frames": "검증 프레임에서 더 많이",
    "data/pets.coco/train.json and val.json, with the paths of the frames": (
        "프레임 경로를 담은 data/pets.coco/train.json과 val.json"
    ),
    "with copies of the frames, to take along": "옮겨 쓸 수 있게 프레임 복사본도 함께",
    "two datasets: what came, went and changed": "데이터셋 둘: 생긴 것, 사라진 것, 바뀐 것",
    "two runs; the figures too": "학습 결과 둘. 수치도 파일로",
    "the page data/pets.dataset.html": "data/pets.dataset.html 페이지",
    "where the source has moved; the figures too": "원본을 옮긴 경우. 수치도 파일로",
    "the page data/pets.dedupe.html": "data/pets.dedupe.html 페이지",
    "before the shards are made; what would go, as a table": "샤드를 만들기 전에 빠질 프레임을 표로",
    "data/pets.csv/train.csv and val.csv": "data/pets.csv/train.csv와 val.csv",
    "duplicates and rejected rows too": "유사 중복과 제외된 행까지",
    "a run in runs/pets; the same command again continues it": (
        "runs/pets에 학습. 같은 명령을 다시 실행하면 이어서 학습"
    ),
    "settings of a file, one changed": "파일의 설정에서 하나만 바꿔서",
    "a run in runs/finder": "runs/finder에 학습",
    "larger pictures, for longer": "더 큰 이미지로 더 오래",
    "a picture, and where": "이미지와 동물의 위치",
    "a folder and a clip; the finder finds the pets": "디렉터리와 동영상. 동물은 탐지 모델이 찾음",
    "on this machine alone, at port 8000": "이 컴퓨터에서만, 포트 8000",
    "for others in the network": "네트워크의 다른 컴퓨터에서도",
    "all three formats": "세 형식 모두",
    "for a phone alone": "휴대전화용만",
}

_TOOLS = {
    "a folder to be made": "새로 만들 디렉터리",
    "videos without defects, from 1 (default: {n})": "결함이 없는 영상의 수, 1 이상 (기본값: {})",
    "frames of each video, from 1 (default: {n})": "영상마다의 프레임 수, 1 이상 (기본값: {})",
    "the short side of the frames in pixels, 64 to 4320 (default: {n})": (
        "프레임 짧은 변의 픽셀 수, 64에서 4320 사이 (기본값: {})"
    ),
    "of everything random, from 0 (default: {n})": "모든 무작위 값의 시드, 0 이상 (기본값: {})",
    "a video for each defect (default: yes)": "결함마다 영상을 하나씩 더 만듭니다 (기본값: 예)",
    "how the videos are delivered (default: folders)": "영상을 담는 방식 (기본값: folders)",
    "processes (default: as many as there are cores)": "프로세스 수 (기본값: 코어 수만큼)",
    "what preprocess would be given: folders, CSVs, URLs": "preprocess에 지정할 원본: 디렉터리, CSV, URL",
    "write everything there, for machines": "모든 내용을 프로그램용으로 이 파일에 씁니다",
    "write a page": "페이지를 씁니다",
    "as preprocess is given it": "preprocess에 지정하는 것과 같습니다",
    "where preprocess would write the dataset": "preprocess로 데이터셋을 만들 디렉터리",
    "as preprocess would be given it": "preprocess에 지정할 값",
    "as preprocess would be given it: another disk for its work": "preprocess에 지정할 값. 작업 파일을 둘 다른 디스크",
    "settings of preprocess, as its --config": "preprocess의 설정, 그 --config와 같은 파일",
    "settings of training, as its --config": "학습의 설정, 그 --config와 같은 파일",
    "about how long to look (default: {n})": "살펴보는 시간, 초 (기본값: {})",
    "the folder, or s3:// URL, that preprocess wrote": "preprocess가 만든 디렉터리 또는 s3:// URL",
    "one frame, by its key in the manifest: video/frame_number": "프레임 하나. 매니페스트의 키: video/frame_number",
    "only this split in the grid": "이 분할의 크롭만 보여 줍니다",
    "crops for each mood, 1 to 50 (default: {n})": "감정마다의 크롭 수, 1에서 50 사이 (기본값: {})",
    "chooses the crops; from 0 (default: {n})": "크롭을 고르는 시드, 0 이상 (기본값: {})",
    "the picture to write (default: DIR.png, beside the dataset; here for a URL)": (
        "저장할 이미지 (기본값: 데이터셋 옆의 DIR.png, URL이면 현재 디렉터리)"
    ),
    "the page to write (default: DIR.dataset.html, beside the dataset; here for a URL)": (
        "저장할 페이지 (기본값: 데이터셋 옆의 DIR.dataset.html, URL이면 현재 디렉터리)"
    ),
    "write the figures there too": "수치를 이 파일에도 씁니다",
    "where the frames lie (default: as the log says)": "프레임이 있는 위치 (기본값: 로그에 적힌 곳)",
    "lay the map out by this run's features (default: hash)": (
        "이 학습 결과의 특징 벡터로 지도를 그립니다 (기본값: 해시)"
    ),
    "tell of the last dry run into DIR, not of its dataset": "DIR의 데이터셋이 아니라 마지막 드라이 런을 보여 줍니다",
    "chooses the samples; from 0 (default: {n})": "샘플을 고르는 시드, 0 이상 (기본값: {})",
    "the folder, or s3:// URL, that preprocess wrote, or a dry run": (
        "preprocess가 만든 디렉터리, s3:// URL 또는 드라이 런"
    ),
    "the page (default: DIR.dedupe.html, beside DIR; here for a URL)": (
        "저장할 페이지 (기본값: DIR 옆의 DIR.dedupe.html, URL이면 현재 디렉터리)"
    ),
    "all figures, for machines": "모든 수치를 프로그램용으로 씁니다",
    "every dropped frame and what it is a copy of": "빠진 프레임 전체와 각각 어느 프레임의 유사 중복인지 씁니다",
    "judgements that the page saved as CSV": "페이지에서 CSV로 저장한 판정",
    "as preprocess was given (default: see its log)": "preprocess에 지정한 원본 (기본값: 로그에 적힌 곳)",
    "chooses what is shown; from 0 (default: {n})": "보여 줄 것을 고르는 시드, 0 이상 (기본값: {})",
    "speed of training, above 0, for epoch times (default: {n})": (
        "에폭 시간을 계산할 학습 속도(초당 이미지 수), 0 초과 (기본값: {})"
    ),
    "folder for the CSVs (default: DIR.csv, beside DIR; here for a URL)": (
        "CSV를 담을 디렉터리 (기본값: DIR 옆의 DIR.csv, URL이면 현재 디렉터리)"
    ),
    "every row with image, box and mood, kept or not": (
        "남았는지와 관계없이 이미지, 바운딩 박스, 감정이 있는 행을 모두 씁니다"
    ),
    "begin with a byte order mark: Excel then reads UTF-8": (
        "바이트 순서 표시(BOM)를 붙입니다. Excel이 UTF-8로 읽습니다"
    ),
    "folder for the files (default: DIR.coco, beside DIR; here for a URL)": (
        "파일을 담을 디렉터리 (기본값: DIR 옆의 DIR.coco, URL이면 현재 디렉터리)"
    ),
    "every row with an image, kept or not, and the reasons": (
        "남았는지와 관계없이 이미지가 있는 행을 모두 제외 사유와 함께 씁니다"
    ),
    "copy the frames to OUT/images, also out of archives": (
        "프레임을 OUT/images에 복사합니다. 압축 파일 안의 것도 꺼냅니다"
    ),
    "a dataset, a dry run, or a run's folder; or its URL": "데이터셋, 드라이 런 또는 학습 결과 디렉터리나 그 URL",
    "another of the same kind": "같은 종류의 다른 하나",
    "the page to write (default: B.compare.html, beside B; here for a URL)": (
        "저장할 페이지 (기본값: B 옆의 B.compare.html, URL이면 현재 디렉터리)"
    ),
    "write the differences there too": "다른 점을 이 파일에도 씁니다",
}

_ANSWERING = {
    "a run's folder or its model.keras, or the model.onnx of an export, which starts sooner": (
        "학습 결과 디렉터리나 그 안의 model.keras, 또는 내보낸 model.onnx(더 빨리 시작합니다)"
    ),
    "pictures, folders of them, videos, patterns such as 'photos/*.jpg', or - for a picture's bytes from standard "
    "input": "이미지, 이미지 디렉터리, 동영상, 'photos/*.jpg' 같은 패턴. -는 표준 입력의 이미지",
    "the animal, in pixels of the upright picture": "동물의 위치. 똑바로 세운 이미지의 픽셀",
    "finds dogs and cats: its run's folder, finder.keras, .onnx, or MediaPipe's SSD": (
        "개와 고양이를 찾는 탐지 모델: 학습 결과 디렉터리, finder.keras, .onnx 또는 MediaPipe의 SSD"
    ),
    "pets are told of whose longer side is at least this share, 0 to 1, of the picture's shorter side (default {n})": (
        "긴 변이 이미지 짧은 변의 이 비율(0~1) 이상인 동물만 답합니다 (기본값 {})"
    ),
    "judge the whole picture where the finder finds no pet": "탐지 모델이 동물을 찾지 못하면 이미지 전체를 추론합니다",
    "write pictures with boxes and moods; of a clip one for each pet": (
        "바운딩 박스와 결과를 그린 이미지를 저장합니다. 동영상은 동물마다 한 장"
    ),
    "for the sentence; else the finder's, or from names such as cat-sitdown-014540": (
        "문장에 쓸 종. 지정하지 않으면 탐지 모델의 답이나 cat-sitdown-014540 같은 이름을 따릅니다"
    ),
    "one JSON document instead of text": "글 대신 JSON 문서 하나로 출력합니다",
    "a line of JSON for each file, as soon as it is answered": "파일마다 답이 나오는 대로 JSON 한 줄을 출력합니다",
    "moods to name with their probability, 1 to 6 (default {n})": (
        "확률과 함께 보여 줄 감정의 수, 1에서 6 사이 (기본값 {})"
    ),
    "{n} to {n}; below it: not known (default {n})": "{}~{}. 확률이 이보다 낮으면 모르겠다고 답합니다 (기본값 {})",
    "0 to 1; not known, too, where the second mood is less than this behind the first (default {n})": (
        "0~1. 첫째와 둘째 감정의 차이가 이보다 작아도 모르겠다고 답합니다 (기본값 {})"
    ),
    "of a clip, over which the mood of each moment is averaged; 0 for none (default {n})": (
        "동영상에서 순간마다의 감정을 평균할 시간(초). 0이면 평균하지 않습니다 (기본값 {})"
    ),
    "how common the moods are taken to be (default equal)": "감정이 얼마나 흔하다고 볼지 정합니다 (기본값 equal)",
    "pictures at a time, from 1 (default {n})": "한 번에 처리할 이미지 수, 1 이상 (기본값 {})",
    "a list of labels; only checked against the model's": "라벨 목록. 모델의 라벨과 같은지 확인만 합니다",
    "number of moods; only checked": "감정의 수. 확인만 합니다",
    "side of the model's pictures; only checked": "모델이 받는 이미지의 한 변. 확인만 합니다",
    "a run's folder, or its model.keras": "학습 결과 디렉터리나 그 안의 model.keras",
    "finds the pets; without it whole pictures are judged": "동물을 찾는 탐지 모델. 없으면 이미지 전체를 추론합니다",
    "to listen on (default 127.0.0.1: this machine alone)": "접속을 받을 주소 (기본값 127.0.0.1: 이 컴퓨터에서만)",
    "to listen on, to 65535; 0: a free one (default {n})": (
        "접속을 받을 포트, 65535까지. 0이면 비어 있는 포트 (기본값 {})"
    ),
    "more names under which it may be asked": "접속을 허용할 다른 호스트 이름",
    "largest file of a photo, above 0 (default %(default)g)": "사진 파일의 최대 크기(MB), 0 초과 (기본값 %(default)g)",
    "largest file of a clip, above 0 (default %(default)g)": "동영상 파일의 최대 크기(MB), 0 초과 (기본값 %(default)g)",
    "largest picture, in millions of pixels, above 0 (default %(default)g)": (
        "이미지의 최대 크기(백만 픽셀), 0 초과 (기본값 %(default)g)"
    ),
    "seconds of a clip that are judged, above 0 (default %(default)g)": (
        "동영상에서 추론할 길이(초), 0 초과 (기본값 %(default)g)"
    ),
    "photos in work at once, from 1 (default %(default)g)": "동시에 처리할 사진의 수, 1 이상 (기본값 %(default)g)",
    "clips in work at once, from 1 (default %(default)g)": "동시에 처리할 동영상의 수, 1 이상 (기본값 %(default)g)",
    "seconds for a client that sends nothing, above 0 (default %(default)g)": (
        "아무것도 보내지 않는 클라이언트를 기다리는 시간(초), 0 초과 (기본값 %(default)g)"
    ),
    "a run's folder or its model.keras": "학습 결과 디렉터리 또는 그 안의 model.keras",
    "the folder of a run of trainer.train_finder, or its finder.keras": (
        "trainer.train_finder의 학습 결과 디렉터리 또는 그 안의 finder.keras"
    ),
    "default: all": "기본값: 모두",
    "pictures to check with, beside made ones": "만든 이미지와 함께 결과를 비교할 이미지",
}

KOREAN_HELP = _LAYOUT | _SHARED | _COMMANDS | _EXAMPLES | _TOOLS | _ANSWERING
