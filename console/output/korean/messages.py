"""What commands say while they work and when they end, in Korean. See console.output.language.

Values keep their order, or have their numbers; `{n}` in a key is a value that is a number. In the
Korean text `{:text}` is a value that is itself a message, `{:list}` a list of such.
Words in front of a line are padded so that columns stay columns: a Hangul syllable is two columns wide.
"""

from console.output.korean.advice import KOREAN_ADVICE

# Said by any command.
_EVERYWHERE = {
    "made    {}": "결과    {}",
    "figures {}": "요약    {:list}",
    "next    {}": "다음    {}",
    "{}: {} so far": "{:text}: {} 경과",
    "{} of {n} {} ({n}), {n} {}/s, {} so far, {} left": (
        "{0:text}/{1} {2:text} ({3}), 초당 {4} {5:text}, {6} 경과, {7} 남음"
    ),
    "{} of {n} {} ({n}), {n} {}/s, {} so far, {} left; {}": (
        "{0:text}/{1} {2:text} ({3}), 초당 {4} {5:text}, {6} 경과, {7} 남음; {8:list}"
    ),
    "{} of {n} {} ({n}), {n} {}/s, {} so far": "{0:text}/{1} {2:text} ({3}), 초당 {4} {5:text}, {6} 경과",
    "{} of {n} {} ({n}), {n} {}/s, {} so far; {}": "{0:text}/{1} {2:text} ({3}), 초당 {4} {5:text}, {6} 경과; {7:list}",
    "kept {n}": "남김 {}",
    "rejected {n}": "제외 {}",
    "duplicate {n}": "중복 {}",
    "loss {n}": "손실 {}",
    "archives": "압축 파일",
    "bytes": "바이트",
    "checks": "검사",
    "frames": "프레임",
    "labels": "라벨",
    "rows": "행",
    "sampled frames": "샘플 프레임",
    "shards": "샤드",
    "steps": "스텝",
    "videos": "영상",
}

# The figures at the end of commands.
_FIGURES = {
    "{n} bytes": "{}바이트",
    "{n} bytes whole": "손상 없이 {}바이트",
    "{n} crops of {n}": "크롭 {1}개 중 {0}개",
    "{n} epochs": "{}에폭",
    "1 file answered": "파일 1개 추론",
    "{n} files answered": "파일 {}개 추론",
    "{n} images": "이미지 {}장",
    "{n} rows came": "새로 생긴 행 {}개",
    "{n} rows went": "사라진 행 {}개",
    "{n} frames kept in both": "둘 다 남긴 프레임 {}장",
    "{n} boxes": "바운딩 박스 {}개",
    "{n} files": "파일 {}개",
    "{n} formats": "형식 {}개",
    "{n} frames": "프레임 {}장",
    "{n} frames kept": "프레임 {}장 남김",
    "{n} frames would be kept": "프레임 {}장이 남을 예정",
    "{n} kept": "{}개 남김",
    "{n} label files": "라벨 파일 {}개",
    "{n} leaks": "데이터 누수 {}건",
    "{n} lines": "{}줄",
    "{n} near-duplicates": "유사 중복 {}장",
    "{n} not read": "{}개는 읽지 못함",
    "{n} pictures learnt": "이미지 {}장 학습",
    "{n} records": "레코드 {}개",
    "{n} rejected": "{}개 제외",
    "{n} rows": "{}행",
    "{n} rows in {}": "{1} {0}행",
    "{n} in {}": "{1} {0}행",
    "{n} s": "{}초",
    "seed {n}": "시드 {}",
    "{n} shards": "샤드 {}개",
    "{n} to be rejected": "제외될 것 {}개",
    "{n} usable rows": "쓸 수 있는 행 {}개",
    "{n} videos": "영상 {}개",
    "accuracy {n}": "정확도 {}",
    "from epoch {n} of {n}": "전체 {1}에폭 중 {0}번째",
    "answers within {n} of the model's": "모델과의 차이 {} 이내",
    "macro-F1 {n}": "macro-F1 {}",
    "macro-F1 of frames (equal priors)": "macro-F1(프레임, 균등 사전 확률)",
    "AP at IoU 0.5 to 0.95": "IoU 0.5:0.95의 AP",
}

_PREPROCESS = {
    "loading Ray": "Ray를 불러오는 중",
    "starting Ray": "Ray를 시작하는 중",
    "joining the Ray cluster at {}": "Ray 클러스터에 연결하는 중: {}",
    "Ray's {} ended; Ray is started again ({n} of at most {n} times), finished tasks are kept": (
        "Ray의 {} 프로세스가 끝나서 Ray를 다시 시작합니다({}/{}회). 끝난 태스크는 다시 하지 않습니다"
    ),
    "Ray: {}": "Ray의 알림: {}",
    "cluster  nodes {n}, cores {n}": "클러스터 노드 {}개, 코어 {}개",
    "{} has run for {n} s; another node does it as well": "{:text}: {}초째 끝나지 않아 다른 노드에서도 실행합니다",
    "video task {n} of {n}": "영상 태스크 {}/{}",
    "shard {n} of {n}": "샤드 {}/{}",
    "check {n} of {n}": "확인 {}/{}",
    "looking through the sources": "원본을 살펴보는 중",
    "found    {n} labelled videos, {n} frames": "원본     라벨이 있는 영상 {}개, 프레임 {}장",
    "archives {}, read where they lie; nothing is unpacked": "압축     {}개. 압축을 풀지 않고 그 자리에서 읽습니다",
    "memory   {} GB for the driver, {} x {} GB for workers, at most": "메모리   드라이버 {} GB, 워커 {} x {} GB 이하",
    "disk     {} GB at most while it works, {} GB free": "디스크   작업 중 최대 {} GB 필요, 여유 공간 {} GB",
    "labels without frames: {} ({})": "프레임이 없는 라벨: {}개 ({:text})",
    "frame folders without a label: {} ({})": "라벨이 없는 프레임 디렉터리: {}개 ({:text})",
    "not read: {} ({})": "읽지 않은 것: {}개 ({:text})",
    "{} and {} more, all in the log": "{} 외 {}개. 전체 목록은 로그에 있습니다",
    "{n} frames of labelled videos have no annotation; they are passed over": (
        "라벨이 있는 영상에서 어노테이션이 없는 프레임 {}장을 건너뜁니다"
    ),
    "{n} frames lie in another place too; each is used once, from {}": (
        "프레임 {}장이 다른 곳에도 있어 한 번만 씁니다. 원본과 경로 순서에서 앞선 것을 쓰고, 디렉터리와 압축 파일에 "
        "모두 있으면 디렉터리의 것을 씁니다"
    ),
    "damaged  {}; it is made again": "손상     {}. 다시 만듭니다",
    "kept     {}, a replaced version that is still read; a later run here removes it": (
        "남김     {}, 바뀌기 전 버전입니다. 아직 읽는 중이라 남기고, 다음에 여기서 실행할 때 지웁니다"
    ),
    "comparing frames across videos and planning the shards": "영상 사이의 프레임을 비교하고 샤드를 계획하는 중",
    "writing the manifest": "매니페스트를 쓰는 중",
    "publishing": "결과 디렉터리로 옮기는 중",
    "{} was made from these inputs and settings: nothing to do; verify reads each of its bytes": (
        "{}: 같은 입력과 설정으로 이미 만들어져 있어 할 일이 없습니다. 모든 바이트를 검사하려면 verify를 실행하세요"
    ),
    "dry run: no shard was written; {} of the {} usable frames would be kept": (
        "드라이 런: 샤드를 쓰지 않았습니다. 쓸 수 있는 프레임 {1}장 중 {0}가 남습니다"
    ),
    "and at most {} whole frames for a finder; --frames.per_video 0 leaves them out": (
        "탐지 모델용 전체 프레임도 최대 {}장 저장합니다. --frames.per_video 0을 지정하면 저장하지 않습니다"
    ),
    "make it with the same command {}; the hashes are kept for it": (
        "데이터셋을 만들려면 같은 명령을 실행하세요: {:text}. 해시는 그때 다시 씁니다"
    ),
    "without --dry_run": "--dry_run 제외",
    "with --replace instead of --dry_run, for {} holds a dataset": (
        "--dry_run 대신 --replace 지정({}에 데이터셋이 있음)"
    ),
    "{n} shards, {n} bytes, in {}": "샤드 {}개, {}바이트: {}",
    "{n} shards, {n} bytes, of {n} whole frames for a finder": "샤드 {}개, {}바이트: 탐지 모델용 전체 프레임 {}장",
    "{}; {n} frames/s in videos": "{:list}; 영상 단계에서 초당 {}프레임",
    "list {n} s": "목록 {}초",
    "videos {n} s": "영상 {}초",
    "plan {n} s": "계획 {}초",
    "shards {n} s": "샤드 {}초",
    "assemble {n} s": "조립 {}초",
    "rows                    {}": "행                      {}",
    "split: {}": "분할: {:text}",
    "as the source's own folders say": "원본의 디렉터리를 그대로 따름",
    "as the source's own folders say; {n} videos outside both went to train": (
        "원본의 디렉터리를 그대로 따름. 둘 다에 속하지 않는 영상 {}개는 학습 분할로"
    ),
    "validation is EMPTY: the source has no Training and Validation with frames in both, and too few animals, or "
    "videos of one mood, to take {} of {}": (
        "검증이 비어 있음: 원본에 프레임이 있는 Training과 Validation이 둘 다 있지는 않고, 동물이나 한 감정의 영상이 "
        "너무 적어 나눌 수 없음({1:list}, 비율 {0})"
    ),
    "{n} animals": "동물 {}마리",
    "{} of {n} animals, {n} videos: whole animals, moods in proportion, seed {n}": (
        "동물 {1}마리, 영상 {2}개 중 {0}. 동물 단위, 감정 비율 유지, 시드 {3}"
    ),
    "split   mood                frames    videos": "분할    감정                프레임      영상",
    "{}all             {}": "{}전체            {}",
}

_TOOLS = {
    "{} is whole: {n} shards, {n} records{}": "{}: 손상 없음. 샤드 {}개, 레코드 {}개{:text}",
    ", {} of them whole frames": ", 그중 전체 프레임 {}장",
    "verify: {} is not whole: {n} faults; remove it and make it again": (
        "verify: {}: 손상된 곳이 {}군데 있습니다. 지우고 다시 만드세요"
    ),
    "comparing all frames and trying other settings": "모든 프레임을 비교하고 다른 설정을 시험하는 중",
    "drawing the page": "페이지를 그리는 중",
    "reading the crops": "크롭을 읽는 중",
    "packing": "압축하는 중",
    "writing": "쓰는 중",
    "{} {n} rows": "{} {}행",
    "dataset_report: no font with Hangul found; the page relies on the reader's": (
        "dataset_report: 한글 글꼴이 없습니다. 페이지를 여는 사람의 글꼴로 표시됩니다"
    ),
    "show: no font with Hangul found, moods are in English; install NanumGothic": (
        "show: 한글 글꼴이 없어 감정을 영어로 적었습니다. NanumGothic을 설치하세요"
    ),
    "to_csv: {} rows left out: a CSV cannot hold their images' names": (
        "to_csv: 이미지 이름을 CSV에 적을 수 없는 {}행을 뺐습니다"
    ),
    "to_csv: the sources are not where they were; paths are relative, --source names them": (
        "to_csv: 원본이 원래 위치에 없어 상대 경로로 적었습니다. 원본 위치는 --source로 지정합니다"
    ),
    "to_coco: the sources are not where they were; paths are relative, --source names them": (
        "to_coco: 원본이 원래 위치에 없어 상대 경로로 적었습니다. 원본 위치는 --source로 지정합니다"
    ),
    "to_coco: {n} rows left out: they have no split, or no image that can be named": (
        "to_coco: 분할이나 이름을 적을 수 있는 이미지가 없는 {}행을 뺐습니다"
    ),
    "{} has frames of several moods in one video, in up to {n} of its videos; frames of one video are near-copies: of "
    "a CSV, give each video a folder of its own": (
        "{:text}: 한 영상에 여러 감정의 프레임이 있습니다(많게는 영상 {}개). 한 영상의 프레임은 서로 유사 "
        "중복이므로, CSV라면 영상마다 디렉터리를 따로 두세요"
    ),
    "to_coco: the frames are no files, as in archives: --images copies them out": (
        "to_coco: 프레임이 압축 파일 안에 있는 등 파일로 있지 않습니다. --images를 지정하면 꺼내서 복사합니다"
    ),
    "to_csv: the frames are no files, as in archives: unpack them, or use tools.to_coco --images": (
        "to_csv: 프레임이 압축 파일 안에 있는 등 파일로 있지 않습니다. 먼저 압축을 풀거나 tools.to_coco --images를 "
        "쓰세요"
    ),
    "open this address in a browser; Ctrl-C ends it": "브라우저에서 위 주소를 여세요. 끝내려면 Ctrl-C를 누르세요",
    "{}: {n} images, {n} boxes": "{}: 이미지 {}장, 바운딩 박스 {}개",
    "compared {n} frames across videos: {n} kept, {n} dropped": (
        "비교     영상 사이에서 프레임 {}장을 비교: {}장 남김, {}장 제외"
    ),
    "{}: without any frame, so a model never answers it": "{}: 프레임이 없어 모델이 답으로 내지 않습니다",
    "problems, each of which stops a run{}": "실행을 막는 문제                   {}",
    "a store is asked about {n} times: for labels, folders and some sampled frames": (
        "스토어에 요청을 {}번쯤 보냅니다. 라벨, 디렉터리, 샘플 프레임을 읽습니다"
    ),
}

KOREAN_MESSAGES = _EVERYWHERE | _FIGURES | _PREPROCESS | _TOOLS | KOREAN_ADVICE
