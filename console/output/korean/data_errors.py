"""The errors of preprocess' runs, of datasets and of the tools, in Korean. See console.output.korean.call_errors."""

from console.output.korean.advice import KOREAN_ADVICE_ERRORS

_RUNS = {
    "{} is gone or damaged; make the dry run again": "{}: 없어졌거나 손상되었습니다. 드라이 런을 다시 실행하세요",
    "{}: is of version {}, this program reads version {}; make the dry run again": (
        "{}: 버전이 {}인데 이 프로그램은 버전 {}만 읽습니다. 드라이 런을 다시 실행하세요"
    ),
    "{}: {}; make the dry run again": "{}: {}. 드라이 런을 다시 실행하세요",
    "{}: damaged: {}; make the dry run again": "{}: 손상되었습니다({}). 드라이 런을 다시 실행하세요",
    "--work {} lies in --out {}; give a folder outside, or leave --work away": (
        "--work {}: --out {} 안에 있습니다. 밖의 디렉터리를 지정하거나 --work를 빼세요"
    ),
    "{} cannot be written, where the log {} goes; give a deeper --out": (
        "{}: 로그({})를 쓸 수 없습니다. 더 안쪽의 --out을 지정하세요"
    ),
    "{} is no log of this program, and would be overwritten; give another --out, or remove it": (
        "{}: 이 프로그램의 로그가 아닌데 덮어쓰게 됩니다. 다른 --out을 지정하거나 그 파일을 지우세요"
    ),
    "{} holds a dataset that its log {} does not fit: one of them is damaged or gone; give --replace to make it "
    "anew, or another folder": (
        "{}: 여기에 있는 데이터셋과 로그({})가 맞지 않습니다. 둘 중 하나가 손상되었거나 없습니다. --replace로 다시 "
        "만들거나 다른 디렉터리를 지정하세요"
    ),
    "{} is gone or was changed; run the same command again to make it anew": (
        "{}: 없어졌거나 바뀌었습니다. 같은 명령을 다시 실행하면 새로 만듭니다"
    ),
    "a distance of {} bits is outside 0 to {}, half of a {}-bit hash": (
        "거리 {}비트: 0에서 {} 사이여야 합니다({}비트 해시의 절반)"
    ),
    "a distance of {} bits is outside 0 to {}, the limit for {}-bit hashes": (
        "거리 {}비트: 0에서 {} 사이여야 합니다({}비트 해시의 한도)"
    ),
    "crop.size is {}, too small for hash.bits {}; give at least 64": (
        "crop.size {}: hash.bits {}에는 너무 작습니다. 64 이상을 지정하세요"
    ),
    "dedupe.{} is {}, more than the {} that {}-bit hashes allow; lower it": (
        "dedupe.{0} {1}: {3}비트 해시의 한도 {2}보다 큽니다. 줄이세요"
    ),
    "a local Ray cannot be used: {}": "이 컴퓨터에서 Ray를 쓸 수 없습니다: {}",
    "the Ray cluster at {} cannot be used: {}; it may ask for a token (~/.ray/auth_token), or for none "
    "(RAY_AUTH_MODE=disabled)": (
        "Ray 클러스터 {}: 쓸 수 없습니다: {}. 토큰이 필요하거나(~/.ray/auth_token) 필요 없을 수 "
        "있습니다(RAY_AUTH_MODE=disabled)"
    ),
    "Ray has no place for its sockets and logs: {}; set TMPDIR to a folder that has": (
        "Ray가 소켓과 로그를 둘 곳이 없습니다: {}. TMPDIR에 쓸 수 있는 디렉터리를 지정하세요"
    ),
    "no Ray cluster answers at {} ({}); start one with `ray start --head` and give its HOST:PORT": (
        "{}: 응답하는 Ray 클러스터가 없습니다({}). `ray start --head`로 시작하고 HOST:PORT를 지정하세요"
    ),
    "{} failed: {}: {}; --debug shows where": "{}: 실패했습니다: {}: {}. --debug를 지정하면 위치를 보여 줍니다",
    "{} was lost {} times: {}": "{}: {}번 중단되었습니다. {:text}",
    "Ray ended its worker because memory was short; use fewer --workers or more memory": (
        "메모리가 모자라 Ray가 워커를 끝냈습니다. --workers를 줄이거나 메모리를 늘리세요"
    ),
    "its worker was killed, as the system does without memory; use fewer --workers or more memory": (
        "워커가 강제 종료되었습니다. 메모리가 모자라면 그렇게 됩니다. --workers를 줄이거나 메모리를 늘리세요"
    ),
    "Ray's raylet on the node that ran it ended; its raylet.out says why": (
        "이 작업을 하던 노드에서 Ray의 raylet이 끝났습니다. 이유는 raylet.out에 있습니다"
    ),
    "Ray's {} ended, for the {}th time (its logs: {}); once that has passed, run the same command again, it goes "
    "on from there": (
        "Ray의 {} 프로세스가 {}번째로 끝났습니다(로그: {}). 문제가 사라진 뒤 같은 명령을 다시 실행하면 그 지점부터 "
        "이어서 합니다"
    ),
    "the head of the Ray cluster at {} does not answer ({}); once it does, run the same command again, it goes on "
    "from there": (
        "Ray 클러스터 {}의 헤드 노드가 응답하지 않습니다({}). 응답하면 같은 명령을 다시 실행하세요. 그 지점부터 "
        "이어서 합니다"
    ),
}

_DATASETS = {
    "{}: has no whole frames ({}); make it again with python -m preprocess --replace and --frames.per_video 4": (
        "{}: 전체 프레임이 없습니다({:text}). python -m preprocess --replace와 --frames.per_video 4로 다시 만드세요"
    ),
    "it was made with --frames.per_video 0": "--frames.per_video 0으로 만들었습니다",
    "it was made before there were any": "전체 프레임을 저장하기 전의 버전으로 만들었습니다",
    "{}: is {} version {}, this program reads {} version {}; make the dataset again, or use the program that wrote "
    "it": "{}: {} 버전 {}인데 이 프로그램은 {} 버전 {}만 읽습니다. 데이터셋을 다시 만들거나 만든 프로그램을 쓰세요",
    "{} {}; give the folder that preprocess wrote with --out": (
        "{}: {}. preprocess의 --out으로 만든 디렉터리를 지정하세요"
    ),
    "{}: damaged: {}; make the dataset again with python -m preprocess and --replace": (
        "{}: 손상되었습니다({}). python -m preprocess에 --replace를 지정해 다시 만드세요"
    ),
    "{}: offset 0 to {n}: {}; make the dataset again with python -m preprocess and --replace": (
        "{}: 바이트 0~{}: {}. python -m preprocess에 --replace를 지정해 다시 만드세요"
    ),
    "{} is missing; make the dry run again": "{}: 없는 파일입니다. 드라이 런을 다시 실행하세요",
    "{} is damaged ({}); make the dry run again": "{}: 손상되었습니다({}). 드라이 런을 다시 실행하세요",
    "{} is damaged ({}); run python -m tools.verify {}": (
        "{}: 손상되었습니다({}). python -m tools.verify {} 명령으로 확인하세요"
    ),
    "{}: {}; run python -m tools.verify {}": "{}: {}. python -m tools.verify {} 명령으로 확인하세요",
    "{} is missing; run python -m tools.verify {}": (
        "{}: 없는 파일입니다. python -m tools.verify {} 명령으로 확인하세요"
    ),
    "{} has {n} bytes instead of {n}; run python -m tools.verify {}": (
        "{0}: {2}바이트여야 하는데 {1}바이트입니다. python -m tools.verify {3} 명령으로 확인하세요"
    ),
    "{} {}; run python -m tools.verify {}": "{}: {}. python -m tools.verify {} 명령으로 확인하세요",
    "{}: {} and {n} more are duplicates of what is no frame with a hash; run python -m tools.verify {}": (
        "{}: {} 외 {}개가 해시 없는 것의 중복으로 적혀 있습니다. python -m tools.verify {} 명령으로 확인하세요"
    ),
    "{} has no column {}, so near-duplicates cannot be told; make the dataset again": (
        "{}: 컬럼이 없어({}) 유사 중복을 알 수 없습니다. 데이터셋을 다시 만드세요"
    ),
    "{} holds no hash at all, so near-duplicates cannot be told; make the dataset again": (
        "{}: 해시가 하나도 없어 유사 중복을 알 수 없습니다. 데이터셋을 다시 만드세요"
    ),
    "{} {}, so near-duplicates cannot be told; make the dataset again": (
        "{}: {}. 유사 중복을 알 수 없으니 데이터셋을 다시 만드세요"
    ),
    "duplicates stand for each other in a ring, as {}; make the dataset again": (
        "중복 관계가 서로 맞물려 있습니다(예: {}). 데이터셋을 다시 만드세요"
    ),
    "{}: {}; make the dataset again with python -m preprocess": (
        "{}: {:parts}. python -m preprocess로 데이터셋을 다시 만드세요"
    ),
    "{n} training frame within {n} bits of a validation frame (the nearest: {} is {} from {})": (
        "검증 프레임과 {1}비트 이내인 학습 프레임 {0}장 (가장 가까운 것: {2}, {4}, 차이 {3:text})"
    ),
    "{n} training frames within {n} bits of a validation frame (the nearest: {} is {} from {})": (
        "검증 프레임과 {1}비트 이내인 학습 프레임 {0}장 (가장 가까운 것: {2}, {4}, 차이 {3:text})"
    ),
    "{n} bit": "{}비트",
    "{n} bits": "{}비트",
    "{n} featureless frame of training equal to one ({} is {})": (
        "검증 프레임과 똑같은, 디테일이 없는 학습 프레임 {}장 ({}, {})"
    ),
    "{n} featureless frames of training equal to one ({} is {})": (
        "검증 프레임과 똑같은, 디테일이 없는 학습 프레임 {}장 ({}, {})"
    ),
    "{n} video in both splits ({})": "양쪽 분할에 모두 있는 영상 {}개 ({})",
    "{n} videos in both splits ({})": "양쪽 분할에 모두 있는 영상 {}개 ({})",
}

_TOOLS = {
    "{} is a run and {} is not; give two runs or two datasets": (
        "학습 결과({})와 그렇지 않은 것({})은 비교할 수 없습니다. 학습 결과 둘이나 데이터셋 둘을 지정하세요"
    ),
    "{} is not a folder; give a dataset's or a run's": (
        "{}: 디렉터리가 아닙니다. 데이터셋이나 학습 결과의 디렉터리를 지정하세요"
    ),
    "{} made {} and {} made {}: figures of these cannot be compared": (
        "{} ({}), {} ({}): 종류가 달라 수치를 비교할 수 없습니다"
    ),
    "{} has no {}; give the folder of a run": "{}: {} 파일이 없습니다. 학습 결과 디렉터리를 지정하세요",
    "{} is damaged; restore it or train anew": "{}: 손상되었습니다. 되돌리거나 다시 학습하세요",
    "--seed {}: give a whole number from 0": "--seed {}: 0 이상의 정수를 지정하세요",
    "--run {} holds no {}; give the folder of a finished training run": (
        "--run {}: {} 파일이 없습니다. 끝난 학습 결과의 디렉터리를 지정하세요"
    ),
    "--images_per_second {}: give a number above 0": "--images_per_second {}: 0보다 큰 수를 지정하세요",
    "--judged {} is no file; give the CSV that the page saved": (
        "--judged {}: 파일이 아닙니다. 페이지에서 저장한 CSV를 지정하세요"
    ),
    "--judged {}: {}; give the CSV that the page saved": "--judged {}: {}. 페이지에서 저장한 CSV를 지정하세요",
    "{}: no pair is judged; judge some on the page and save them again": (
        "{}: 판정한 쌍이 없습니다. 페이지에서 판정하고 다시 저장하세요"
    ),
    "{}: line {} is not {} with the judgement same or different": (
        "{}: {}번째 줄이 형식에 맞지 않습니다. 형식은 {}이고 판정은 same이나 different입니다"
    ),
    "{}: its first line is not {}; give the file that the page saved": (
        "{}: 첫 줄이 다음과 다릅니다: {}. 페이지에서 저장한 파일을 지정하세요"
    ),
    "{} is no CSV in UTF-8: {}; give the file that the page saved": (
        "{}: UTF-8로 된 CSV가 아닙니다: {}. 페이지에서 저장한 파일을 지정하세요"
    ),
    "{}: the dataset has no hash of a frame {}; give judgements of this dataset's page": (
        "{}: 데이터셋에 이 프레임의 해시가 없습니다: {}. 이 데이터셋의 페이지에서 저장한 판정을 지정하세요"
    ),
    "{} is not in the shards, it is a duplicate of {}": "{}: 샤드에 없습니다. 다음 프레임의 중복입니다: {}",
    "{} is not in the shards, it is {}": "{}: 샤드에 없습니다: {}",
    "{}: no frame has the key {}; keys are video/frame_number, see its manifest.parquet": (
        "{}: 이 키의 프레임이 없습니다: {}. 키는 video/frame_number이며 manifest.parquet에 있습니다"
    ),
    "the source {} has a name that is not UTF-8, which the files cannot hold; give an --out beside it": (
        "원본 {}: 이름이 UTF-8이 아니어서 파일에 적을 수 없습니다. 그 옆의 --out을 지정하세요"
    ),
    "--out {} is a file; give a folder": "--out {}: 파일입니다. 디렉터리를 지정하세요",
    "{} is there already; remove it or give another --out": "{}: 이미 있습니다. 지우거나 다른 --out을 지정하세요",
    "{}: has no rows, so there is nothing to report; make the dataset again": (
        "{}: 행이 없어 보여 줄 것이 없습니다. 데이터셋을 다시 만드세요"
    ),
    "DIR is empty; give the folder that preprocess wrote": (
        "DIR이 비었습니다. preprocess의 --out으로 만든 디렉터리를 지정하세요"
    ),
    "{} is a file; give the folder that preprocess wrote": (
        "{}: 파일입니다. preprocess의 --out으로 만든 디렉터리를 지정하세요"
    ),
    "{}; give the folder that preprocess wrote": "{}. preprocess의 --out으로 만든 디렉터리를 지정하세요",
    "{} is missing, damaged or of another dataset; run python -m tools.verify {}, which tells more": (
        "{}: 없거나 손상되었거나 다른 데이터셋의 것입니다. python -m tools.verify {} 명령으로 자세히 확인하세요"
    ),
    "{}; run python -m tools.verify {}, which tells more": "{}. python -m tools.verify {} 명령으로 자세히 확인하세요",
    "{} holds no dry run; make one: python -m preprocess --out {} --dry_run ...": (
        "{}: 드라이 런이 없습니다. 먼저 실행하세요: python -m preprocess --out {} --dry_run ..."
    ),
    "--source names {} of {} folders; give all, in the order of preprocess's call": (
        "--source에 {1}개 가운데 {0}개만 지정했습니다. preprocess에 지정한 순서대로 모두 지정하세요"
    ),
    "--source {} is not a folder; give the folder, archive or CSV that preprocess was given": (
        "--source {}: 디렉터리가 아닙니다. preprocess에 지정한 디렉터리, 압축 파일, CSV를 지정하세요"
    ),
    "--source {} does not exist; give the folder, archive or CSV that preprocess was given": (
        "--source {}: 없는 경로입니다. preprocess에 지정한 디렉터리, 압축 파일, CSV를 지정하세요"
    ),
    "--source {} {}; give the folder, archive or CSV that preprocess was given": (
        "--source {}: {}. preprocess에 지정한 디렉터리, 압축 파일, CSV를 지정하세요"
    ),
    "{} {} is a folder; give a file's name": "{} {}: 디렉터리입니다. 파일 이름을 지정하세요",
    "{} {}: its folder does not exist; make it or give another file": (
        "{} {}: 담을 디렉터리가 없습니다. 디렉터리를 만들거나 다른 파일을 지정하세요"
    ),
    "{} {} lies in the dataset, which holds nothing else; give a file outside of it": (
        "{} {}: 데이터셋 안에는 다른 파일을 둘 수 없습니다. 밖의 파일을 지정하세요"
    ),
    "{} {} is the log of the run that made the dataset; give another file": (
        "{} {}: 데이터셋을 만든 실행의 로그입니다. 다른 파일을 지정하세요"
    ),
    "{} {} lies in the source {}, which is only read; give a file outside of it": (
        "{} {}: 원본({}) 안에는 쓰지 않습니다. 밖의 파일을 지정하세요"
    ),
    "{} {} is no regular file; give another": "{} {}: 일반 파일이 아닙니다. 다른 파일을 지정하세요",
    "{} {} is there already, and no report of ours; remove it or give another file": (
        "{} {}: 이 프로그램의 결과가 아닌 파일이 이미 있습니다. 지우거나 다른 파일을 지정하세요"
    ),
    "{} {}: its folder cannot be written: {}; give another": (
        "{} {}: 담을 디렉터리에 쓸 수 없습니다: {}. 다른 곳을 지정하세요"
    ),
    "{} and {} name the same file; give each its own": "{}, {}: 같은 파일입니다. 서로 다른 파일을 지정하세요",
    "workers is {}, less than 1": "workers {}: 1 이상이어야 합니다",
    "form is {}; give one of {}": "form {}: 다음 가운데 하나를 지정하세요: {}",
    "{} exists and is not an empty directory; give another": (
        "{}: 이미 있고 비어 있지 않습니다. 다른 디렉터리를 지정하세요"
    ),
    "{} cannot be made, a file is in the way; give another": (
        "{}: 파일이 있어 만들 수 없습니다. 다른 디렉터리를 지정하세요"
    ),
    "{} was not made, a worker died: {}": "{}: 워커가 중단되어 만들지 못했습니다: {}",
    "height is {}, more than 4320": "height {}: 4320 이하여야 합니다",
    "{} is {}, less than {}": "{} {}: {} 이상이어야 합니다",
    "--columns {}: give a number from 1 to 50": "--columns {}: 1에서 50 사이의 수를 지정하세요",
    "{}: no frame is kept in {}": "{}: 남은 프레임이 없습니다(분할: {:text})",
    "any split": "전체",
    "the process that decodes sampled frames died ({}); run it again": (
        "샘플 프레임을 디코딩하는 프로세스가 중단되었습니다({}). 다시 실행하세요"
    ),
    "--images: the sources are not where they were; name them with --source": (
        "--images: 원본이 원래 위치에 없습니다. --source로 위치를 지정하세요"
    ),
    "{}: no row has an image; nothing was written": "{}: 이미지가 있는 행이 없어 아무것도 쓰지 않았습니다",
    "{}: no row has an image, a box and a mood; nothing was written": (
        "{}: 이미지, 바운딩 박스, 감정이 모두 있는 행이 없어 아무것도 쓰지 않았습니다"
    ),
}

# What tools.verify finds.
_FAULTS = {
    "{}: missing": "{}: 없는 파일입니다",
    "{}: {} bytes instead of {}": "{0}: {2}바이트여야 하는데 {1}바이트입니다",
    "{}: a shard that dataset.json does not know": "{}: dataset.json에 없는 샤드입니다",
    "{}: {} whole records, but not those that were written (their digest does not fit)": (
        "{}: 레코드 {}개가 온전하지만 처음 쓴 것과 다릅니다(다이제스트가 맞지 않음)"
    ),
    "{}: offset {} to {}: differs from what was written": "{}: 바이트 {}~{}: 처음 쓴 내용과 다릅니다",
    "{}: its rows count up to {}, dataset.json states {}": "{}: 행을 센 값이 dataset.json과 다릅니다({}, {})",
    "{}: {} is not the name of the mood in label": "{}: {} 컬럼이 label의 감정 이름과 다릅니다",
    "{}: key {} belongs to several frames": "{}: 여러 프레임의 키가 같습니다({})",
    "{}: {} is a duplicate of {}, which is no frame of this dataset": "{}: {}의 중복 대상이 이 데이터셋에 없습니다({})",
    "{}: video {} is in both splits": "{}: 양쪽 분할에 모두 있는 영상입니다({})",
    "{}: video_index and video_count of {} do not number its {} kept frames": (
        "{}: {} 영상의 video_index와 video_count가 남은 프레임 {}장과 맞지 않습니다"
    ),
    "{}: {} has {} whole frames, more than the {} of frames.per_video": (
        "{}: {} 영상의 전체 프레임이 {}장입니다(frames.per_video는 {})"
    ),
    "{}: {} records, {} rows of the manifest": "{}: 레코드는 {}개인데 매니페스트의 행은 {}개입니다",
    "{}: {} rows are in {} shards that dataset.json does not know": (
        "{}: 행 {}개가 dataset.json에 없는 {} 샤드에 있습니다"
    ),
    "{}: ends before the record of {}": "{}: {}의 레코드 앞에서 파일이 끝납니다",
    "{}: offset {}: a record that the manifest does not know": "{}: 바이트 {}: 매니페스트에 없는 레코드입니다",
    "{}: {} is {}, the manifest states {}": "{}: {} 값이 {}인데 매니페스트에는 {}입니다",
    "{}: its image cannot be decoded: {}": "{}: 이미지를 디코딩할 수 없습니다({})",
    "{}: its image is {} instead of {}": "{0}: 이미지가 {2} 픽셀이어야 하는데 {1} 픽셀입니다",
    "{}: offset {}: the record's length does not fit its checksum": (
        "{}: 바이트 {}: 레코드 길이가 체크섬과 맞지 않습니다"
    ),
    "{}: offset {}: the file ends within the record": "{}: 바이트 {}: 레코드 중간에서 파일이 끝납니다",
    "{}: offset {}: the record does not fit its checksum": "{}: 바이트 {}: 레코드가 체크섬과 맞지 않습니다",
}

KOREAN_DATA_ERRORS = _FAULTS | _RUNS | _DATASETS | _TOOLS | KOREAN_ADVICE_ERRORS
