"""The errors that any command may say, and those that users meet most, in Korean. See console.output.language.

Others are in source_errors, data_errors, training_errors, answering_errors and remote_errors beside it.

A value that a particle would have to follow stands before a colon or in brackets instead: which particle fits depends
on how it is read.
"""

_CALLS = {
    "the following arguments are required: {}": "필수 인자가 빠졌습니다: {}",
    "the following arguments are required: {}; did you mean {} {}?": (
        "필수 인자가 빠졌습니다: {}. 혹시 다음과 같이 쓰려고 했나요? {} {}"
    ),
    "unrecognized arguments: {}": "알 수 없는 인자입니다: {}",
    "unrecognized arguments: {}; did you mean {}?": "알 수 없는 인자입니다: {}. 혹시 다음 인자인가요? {}",
    "unrecognized arguments: {}; --help lists the flags": (
        "알 수 없는 인자입니다: {}. 쓸 수 있는 인자는 --help에 있습니다"
    ),
    "argument {}: expected one argument": "{}: 값을 하나 지정하세요",
    "argument {}: expected at least one argument": "{}: 값을 하나 이상 지정하세요",
    "argument {}: ignored explicit argument {}": "{}: 값을 받지 않는 플래그입니다({})",
    "argument {}: invalid choice: {} (choose from {})": (
        "{}: 쓸 수 없는 값입니다({}). 다음 가운데 하나를 지정하세요: {}"
    ),
    "argument {}: invalid int value: {}": "{}: 정수가 아닙니다({})",
    "argument {}: invalid float value: {}": "{}: 수가 아닙니다({})",
    "argument {}: not allowed with argument {}": "{}: 다음 인자와 함께 쓸 수 없습니다: {}",
    "argument {}: {}": "{}: 값이 맞지 않습니다. {:text}",
    "completion {}: give one of {}": "completion {:text}: 다음 가운데 하나를 지정하세요: {}",
    "(no shell)": "(셸 없음)",
    "{} {}: give the path alone: {}": "{} {}: 경로만 지정하세요: {}",
    "{} {}: a live stream is not read; record a clip, such as with ffmpeg, and give its path": (
        "{} {}: 실시간 스트림은 읽지 않습니다. ffmpeg 등으로 동영상 파일로 저장해 그 경로를 지정하세요"
    ),
    "{} {}: a URL is not read; copy it to this machine and give the path": (
        "{} {}: URL은 읽지 않습니다. 이 컴퓨터에 복사해 그 경로를 지정하세요"
    ),
    "{}: a URL is not read; copy it to this machine and give the path": (
        "{}: URL은 읽지 않습니다. 이 컴퓨터에 복사해 그 경로를 지정하세요"
    ),
    "{} is no setting of {}; did you mean {}?": "{}: {}에는 없는 설정입니다. 혹시 다음 설정인가요? {}",
    "{} is no setting of {}; --help lists them": "{}: {}에는 없는 설정입니다. 설정은 --help에 있습니다",
    "{} is a setting of {}, not of {}": "{0}: {2}에는 없는, {1}의 설정입니다",
    "{} is a setting of {} and {}, not of {}": "{0}: {3}에는 없는, {1}, {2}의 설정입니다",
    "{}: no command; there are {}": "{}: 없는 명령입니다. 쓸 수 있는 명령은 {}",
    "{}: no command; did you mean {}?": "{}: 없는 명령입니다. 혹시 다음 명령인가요? {}",
    "--config {}: is not UTF-8 ({}); save it as UTF-8": "--config {}: UTF-8이 아닙니다({}). UTF-8로 저장하세요",
    "{}: aliases (*{}) are not read; write the value itself": "{}: 별칭(*{})은 읽지 않습니다. 값을 그대로 쓰세요",
    "{}: a value of {} characters; give a shorter one": "{}: 값이 {}자입니다. 더 짧은 값을 쓰세요",
    "{}: brackets within brackets without end; write the file anew": (
        "{}: 괄호가 끝없이 겹쳐 있습니다. 파일을 다시 쓰세요"
    ),
    "--config {}: there is no such file; did you mean {}?": "--config {}: 파일이 없습니다. 혹시 다음 설정인가요? {}",
    "--config {}: there is no such file; give one, or one of {}": (
        "--config {}: 파일이 없습니다. 있는 파일이나 다음 가운데 하나를 지정하세요: {}"
    ),
    "--log {}: name a file": "--log {}: 파일 이름을 지정하세요",
    "--log {}: that file is no log of these commands; name another": (
        "--log {}: 이 프로그램의 로그가 아닙니다. 다른 파일을 지정하세요"
    ),
    "--log {}: {}; name a file that can be written": "--log {}: {}. 쓸 수 있는 파일을 지정하세요",
    "{} is a file; give a folder": "{}: 파일입니다. 디렉터리를 지정하세요",
    "{} is a file; give another --out": "{}: 파일입니다. 다른 --out을 지정하세요",
    "an empty name was given as --source or --out; give a folder": (
        "--source나 --out의 값이 비었습니다. 디렉터리를 지정하세요"
    ),
    "another run is writing {}; wait for its end or give another {}": (
        "{}: 다른 실행이 여기에 쓰고 있습니다. 끝나기를 기다리거나 {}에 다른 값을 지정하세요"
    ),
}

# A value that does not fit its setting: what is given, and what may be.
_VALUES = {
    "{} takes a list in a file: {}: [DIR]": "{}: 파일에서는 목록으로 씁니다: {}: [DIR]",
    "{} is {}: give {}": "{}: 쓸 수 없는 값입니다({}). 쓸 수 있는 값: {:text}",
    "{}: give {}": "{}: 쓸 수 있는 값: {:text}",
    "one of {}": "다음 가운데 하나: {}",
    "true or false": "true 또는 false",
    "a text": "글자",
    "a whole number": "정수",
    "a number": "수",
    "its settings by name ({})": "설정의 이름별 값({})",
    "a number at least {n}": "{} 이상의 수",
    "a number at most {n}": "{} 이하의 수",
    "a number above {n}": "{} 초과의 수",
    "a number below {n}": "{} 미만의 수",
    "a number at least {n} and at most {n}": "{} 이상 {} 이하의 수",
    "a number at least {n} and below {n}": "{} 이상 {} 미만의 수",
    "a number above {n} and at most {n}": "{} 초과 {} 이하의 수",
    "a number above {n} and below {n}": "{} 초과 {} 미만의 수",
}

_FAILURES = {
    "stopped; run the same command again to go on": "멈췄습니다. 같은 명령을 다시 실행하면 이어서 합니다",
    "stopped; the same command starts over": "멈췄습니다. 같은 명령을 다시 실행하면 처음부터 다시 합니다",
    "there is not enough memory; close other programs or give smaller settings, and run it again": (
        "메모리가 부족합니다. 다른 프로그램을 닫거나 설정 값을 줄여서 다시 실행하세요"
    ),
    "{}; this is a fault of the program, --debug shows where": (
        "{}. 프로그램 오류입니다. --debug를 지정하면 위치를 보여 줍니다"
    ),
    "{}: the disk is full; free some space and run the same command again, finished work is kept": (
        "{}: 디스크가 가득 찼습니다. 공간을 비우고 같은 명령을 다시 실행하세요. 끝난 작업은 남아 있습니다"
    ),
    "{}: the disk is full; free some space and run the same command again": (
        "{}: 디스크가 가득 찼습니다. 공간을 비우고 같은 명령을 다시 실행하세요"
    ),
    "{}: {}; choose a place that can be read and written": "{}: {:text}. 읽고 쓸 수 있는 위치를 지정하세요",
    "{}: {}; once that has passed, run the same command again, it goes on from there": (
        "{}: {:text}. 문제가 사라진 뒤 같은 명령을 다시 실행하면 그 지점부터 이어서 합니다"
    ),
    "{}: {}; once that has passed, run the same command again": (
        "{}: {:text}. 문제가 사라진 뒤 같은 명령을 다시 실행하세요"
    ),
}

_SOURCES = {
    "source {} does not exist; give a folder that holds label JSON and frames, a .zip, a .tar, a .csv or a COCO "
    ".json": (
        "원본 {}: 없는 경로입니다. 라벨 JSON과 프레임이 있는 디렉터리, .zip, .tar, .csv, COCO .json 가운데 하나를 "
        "지정하세요"
    ),
    "source {} cannot be read; change its permissions or the user": (
        "원본 {}: 읽을 수 없습니다. 권한이나 사용자를 바꾸세요"
    ),
    "source {} and source {} lie in one another; name each folder once": (
        "원본 {}, 원본 {}: 한쪽이 다른 쪽 안에 있습니다. 디렉터리를 한 번씩만 지정하세요"
    ),
    "{} was there and is gone; bring it back and run the same command again": (
        "{}: 있던 파일이 사라졌습니다. 되돌려 놓고 같은 명령을 다시 실행하세요"
    ),
    "{} was changed while this run read it; run the same command again when it is at rest": (
        "{}: 읽는 도중에 바뀌었습니다. 더 바뀌지 않을 때 같은 명령을 다시 실행하세요"
    ),
    "{}: is neither UTF-8 nor CP949; save it as UTF-8": "{}: UTF-8도 CP949도 아닙니다. UTF-8로 저장하세요",
    "{}: is empty; its first line should be {}": "{}: 빈 파일입니다. 첫 줄은 다음과 같아야 합니다: {}",
    "{}: has no column {}; its first line should be {}": "{}: 컬럼이 없습니다({}). 첫 줄은 다음과 같아야 합니다: {}",
    "{}: no frame is good enough to keep: {}": "{}: 남길 수 있는 프레임이 없습니다: {:parts}",
    "there are no annotations": "어노테이션이 없습니다",
}

_OUTPUT_FOLDERS = {
    "{} holds a dataset from other inputs or settings: {} (its log: {}); give --replace, another --out, or what "
    "that one was made from": (
        "{}: 다른 입력이나 설정으로 만든 데이터셋이 있습니다. 다른 점: {} (로그: {}). --replace나 다른 --out을 "
        "지정하거나, 그 데이터셋을 만든 입력을 그대로 지정하세요"
    ),
    "{} cannot be used as it is: {}": "{}: 이대로는 쓸 수 없습니다: {:text}",
    "all {n} training frames are {}; a model needs two moods (a finder does not)": (
        "학습 프레임 {0}장이 모두 {1}입니다. 감정 모델에는 감정이 둘 이상 필요합니다(탐지 모델은 괜찮습니다)"
    ),
    "in validation but without a training frame: {}; a model never answers these moods and is wrong each time; add "
    "videos of them, or train on the dataset all the same": (
        "검증에만 있고 학습 프레임이 없는 감정이 있습니다({}). 모델이 답으로 내지 못하고 매번 틀립니다. 이 감정의 "
        "영상을 추가하거나, 알고 있다면 그대로 학습하세요"
    ),
    "training is empty: all its frames went as copies of other videos'; name more videos, or others for validation "
    "(--valid_source)": (
        "학습 분할이 비어 있습니다: 모든 프레임이 다른 영상의 유사 중복이라 빠졌습니다. 영상을 더 지정하거나 "
        "--valid_source로 다른 검증용 영상을 지정하세요"
    ),
    "validation is empty, so no model could be judged: {}": (
        "검증 분할이 비어 있어 모델을 평가할 수 없습니다: {:text}"
    ),
    "{}; rows of videos with a name that came before are left out: {n} (video_repeated; the manifest's note names the "
    "file that came first); give each video a name of its own": (
        "{:text}. 앞에 나온 이름을 다시 쓰는 영상의 행이 {}개 있어 빠졌습니다(video_repeated; 먼저 나온 파일은 "
        "매니페스트의 note에 있습니다). 영상마다 다른 이름을 쓰세요"
    ),
    "all moods share one video, which cannot be divided: of a CSV, a folder is a video; divide the folder": (
        "모든 감정이 한 영상에 함께 있어 나눌 수 없습니다. CSV에서는 디렉터리 하나가 영상 하나입니다. "
        "디렉터리를 나누세요"
    ),
    "the source has no Training and Validation with frames in both, and too few animals, or videos of one mood, to "
    "divide; name videos of more animals, or others for validation (--valid_source), or raise --split.val_fraction": (
        "원본에 프레임이 있는 Training과 Validation이 둘 다 있지는 않고, 동물이나 한 감정의 영상이 너무 적어 나눌 수 "
        "없습니다. 더 많은 동물의 영상을 지정하거나, --valid_source로 검증용 영상을 지정하거나, --split.val_fraction을 "
        "늘리세요"
    ),
    "{}: there is no such file; give the model.keras of a run (runs/NAME/model.keras), or the model.onnx of an "
    "export": "{}: 없는 파일입니다. 학습 결과의 model.keras(runs/NAME/model.keras)나 내보낸 model.onnx를 지정하세요",
    "{} {} does not exist; {}": "{} {}: 없는 경로입니다. {:text}",
    "{} holds files that are no dataset's ({}); give an empty or a new folder": (
        "{}: 데이터셋이 아닌 파일이 있습니다({}). 비어 있는 디렉터리나 새 디렉터리를 지정하세요"
    ),
    "{} cannot be written; change its permissions or give another folder": (
        "{}: 쓸 수 없습니다. 권한을 바꾸거나 다른 디렉터리를 지정하세요"
    ),
    "{} and the source {} lie in one another; give a folder outside the source": (
        "{}, 원본 {}: 한쪽이 다른 쪽 안에 있습니다. 원본 밖의 디렉터리를 지정하세요"
    ),
    "{}: {} GB are free and up to {} GB are needed on this disk ({} frames); free some space, or give --out or "
    "--work on another disk": (
        "{0}: 이 디스크의 여유 공간은 {1} GB인데 최대 {2} GB가 필요합니다(프레임 {3}장). 공간을 비우거나, 다른 "
        "디스크의 --out 또는 --work를 지정하세요"
    ),
    "{} holds files that are not a run's ({}); give another --out": (
        "{}: 학습 결과가 아닌 파일이 있습니다({}). 다른 --out을 지정하세요"
    ),
    "{} holds another run (settings, data, versions or device); give --replace or another --out": (
        "{}: 설정, 데이터, 버전 또는 장치가 다른 학습 결과가 있습니다. --replace를 지정하거나 다른 --out을 지정하세요"
    ),
}

_DATASETS = {
    "{} has no {}, so it is no dataset; give the folder that preprocess wrote with --out": (
        "{}: {} 파일이 없어 데이터셋이 아닙니다. preprocess의 --out으로 만든 디렉터리를 지정하세요"
    ),
    "{} is not a folder; give the folder that preprocess wrote with --out": (
        "{}: 디렉터리가 아닙니다. preprocess의 --out으로 만든 디렉터리를 지정하세요"
    ),
    "{} is not a folder; give the folder that preprocess wrote": (
        "{}: 디렉터리가 아닙니다. preprocess의 --out으로 만든 디렉터리를 지정하세요"
    ),
    "{} does not exist; give the folder that preprocess wrote": (
        "{}: 없는 경로입니다. preprocess의 --out으로 만든 디렉터리를 지정하세요"
    ),
    "{} is a file; give the folder that preprocess wrote with --out": (
        "{}: 파일입니다. preprocess의 --out으로 만든 디렉터리를 지정하세요"
    ),
    "{} was replaced while it was read; nothing of its new version is in this run. To train on that, give --replace or "
    "another --out": (
        "{}: 읽는 동안 새 데이터셋으로 바뀌었습니다. 이 학습에는 새 데이터가 섞이지 않았습니다. 새 데이터로 학습하려면 "
        "--replace나 다른 --out을 지정하세요"
    ),
    "{} was replaced while it was verified; run the same command again": (
        "{}: 검사하는 동안 새 데이터셋으로 바뀌었습니다. 같은 명령을 다시 실행하세요"
    ),
    "{}: has shards but no {}: a run that has not ended, or the file is gone; run preprocess again, and "
    "remove the folder first if it is refused": (
        "{}: 샤드는 있지만 {} 파일이 없습니다. 실행이 끝나지 않았거나 파일이 없어진 것입니다. preprocess를 다시 "
        "실행하고, 그 디렉터리를 쓸 수 없다고 하면 먼저 지우세요"
    ),
    "{} differs from what was written; run python -m tools.verify {}": (
        "{}: 처음 쓴 내용과 다릅니다. python -m tools.verify {} 명령으로 확인하세요"
    ),
    "{}: its {} split is empty; choose another dataset or make it with other videos": (
        "{}: {} 분할이 비어 있습니다. 다른 데이터셋을 지정하거나 다른 영상으로 다시 만드세요"
    ),
    "{}: all {} frames are {}; training needs two moods": (
        "{}: 프레임 {}장의 감정이 모두 같습니다({}). 학습하려면 감정이 두 가지는 있어야 합니다"
    ),
    "{} videos are in {} and in {} ({}); give --valid other videos": (
        "영상 {}개가 양쪽에 모두 있습니다: {}, {} ({}). --valid에 다른 영상을 지정하세요"
    ),
}

_TRAINING = {
    "batch_size {} is more than the {} frames of an epoch; make it smaller": (
        "batch_size {}: 한 에폭의 프레임 {}장보다 큽니다. 더 작은 값을 지정하세요"
    ),
    "the device's memory is too small for batches of {} at {} pixels; lower --batch_size or --resolution": (
        "{1}픽셀, 배치 {0}에는 장치 메모리가 부족합니다. --batch_size나 --resolution을 줄이세요"
    ),
    "batch_size {} is no multiple of the {} hosts; change one": (
        "batch_size {}: 호스트 {}대로 나누어떨어지지 않습니다. 둘 중 하나를 바꾸세요"
    ),
    "{} became {} in epoch {}; lower --learning_rate": (
        "{2}에폭에서 계산할 수 없는 값이 나왔습니다({0}: {1}). --learning_rate를 줄이세요"
    ),
    "device gpu: {} sees no GPU; install it with make setup GPU=1, or choose --device auto": (
        "device gpu: {} 백엔드가 GPU를 찾지 못했습니다. make setup GPU=1로 설치하거나 --device auto를 지정하세요"
    ),
    "epochs 0 and probe.epochs 0: nothing would be trained; give --epochs": (
        "epochs 0, probe.epochs 0: 학습할 에폭이 없습니다. --epochs를 지정하세요"
    ),
    "train {} with valid {}: both have to be CSV files, or both datasets": (
        "train {}, valid {}: 둘 다 CSV이거나 둘 다 데이터셋이어야 합니다"
    ),
}

_ANSWERING = {
    "{}: a model file has to end in .keras": "{}: 모델 파일의 확장자는 .keras여야 합니다",
    "--box {} leaves {}, which is {}x{} pixels when upright": (
        "--box {}: 이미지를 벗어납니다. {}의 크기는 똑바로 세웠을 때 {}x{}픽셀입니다"
    ),
    "--box and --finder: either you say where the animal is, or the finder does; leave one out": (
        "--box와 --finder는 함께 쓸 수 없습니다. 위치를 직접 지정하거나 탐지 모델에 맡기세요"
    ),
    "--{} needs --finder FILE, which finds the pets": "--{}: 동물을 찾는 --finder FILE이 필요합니다",
    "--out {}: is there already; remove it or name another folder": (
        "--out {}: 이미 있습니다. 지우거나 다른 디렉터리를 지정하세요"
    ),
    "--host {} --port {}: {}; give another one, such as --port 0": (
        "--host {} --port {}: {}. --port 0처럼 다른 값을 지정하세요"
    ),
    "{}: holds no {}; give the folder of a run (runs/NAME), or train first": (
        "{}: {} 파일이 없습니다. 학습 결과 디렉터리(runs/NAME)를 지정하거나 먼저 학습하세요"
    ),
    "--finder {}: holds no {}; give the folder of a finder's run (runs/finder), or train one first": (
        "--finder {}: {} 파일이 없습니다. 탐지 모델의 학습 결과 디렉터리(runs/finder)를 지정하거나 먼저 학습하세요"
    ),
}

KOREAN_ERRORS = _CALLS | _VALUES | _FAILURES | _SOURCES | _OUTPUT_FOLDERS | _DATASETS | _TRAINING | _ANSWERING
