"""What tools.advise says, in Korean. See console.output.korean.messages, which holds these rows too."""

KOREAN_ADVICE = {
    "sample   {n} video tasks with {n} of {n} videos, {n} of the work, in {n} s": (
        "샘플     영상 {2}개 중 {1}개(전체 작업의 {3})를 영상 작업 {0}개로 {4}초 동안 처리"
    ),
    "workers  {n} make {n} frames/s; of their time they compute {n}, wait {n} for cores, {n} for disks": (
        "워커     동시에 {}개가 초당 프레임 {}장 처리. 시간의 비율: 계산 {}, 코어 대기 {}, 디스크 대기 {}"
    ),
    "disk     a frame has {}; read at {}/s, OUT takes {}/s": (
        "디스크   프레임 한 장은 {}. 읽기 초당 {}, OUT에 쓰기 초당 {}"
    ),
    "disk     a frame has {}; OUT takes {}/s": "디스크   프레임 한 장은 {}. OUT에 쓰기 초당 {}",
    "room     {}: {} at most while it works, {} free": "공간     {}: 작업 중 최대 {}, 여유 {}",
    "memory   {} for the driver, {} for a worker, {} free": "메모리   드라이버 {}, 워커 하나에 {}, 여유 {}",
    "kept     {n} of the frames, {n} of a video; the shards take about {}": (
        "남김     프레임의 {}, 영상마다 {}장. 샤드의 크기는 약 {}"
    ),
    "kept     {n} of the frames, {n} of a video, before copies across videos go; the shards take at most about {}": (
        "남김     프레임의 {}, 영상마다 {}장(다른 영상과의 유사 중복을 빼기 전). 샤드의 크기는 최대 약 {}"
    ),
    "device   {}, {}: {n} images/s in training, {n} of the input alone, {n} of the time spent waiting for it": (
        "장치     {}, {}: 학습은 초당 이미지 {}장, 입력만은 초당 {}장, 입력을 기다린 시간 {}"
    ),
    "limit    shards: the cores; more of them make it shorter": (
        "한계     데이터셋 만들기: 코어. 코어가 더 많으면 짧아집니다"
    ),
    "limit    shards: the disk; a faster one for SOURCE or OUT makes it shorter, more workers do not": (
        "한계     데이터셋 만들기: 디스크. SOURCE나 OUT을 더 빠른 디스크에 두면 짧아지고, 워커를 늘려도 그대로입니다"
    ),
    "limit    shards: other programs on this machine; without them they would take {}": (
        "한계     데이터셋 만들기: 이 컴퓨터의 다른 프로그램. 없다면 {:text}"
    ),
    "limit    training: its input; more cores make it shorter, a faster GPU does not": (
        "한계     학습: 입력. 코어가 더 많으면 짧아지고, 더 빠른 GPU로는 그대로입니다"
    ),
    "limit    training: the GPU; its input keeps up": "한계     학습: GPU. 입력은 충분히 빠릅니다",
    "limit    training: no GPU is seen; one makes it many times as fast": (
        "한계     학습: GPU가 보이지 않습니다. GPU가 있으면 몇 배로 빨라집니다"
    ),
    "shards   {}": "데이터셋 {:text}",
    "epoch    {} for {n} steps of {n} frames, with --frames_per_video {n}": (
        "에폭     {0:text}, 프레임 {2}장씩 {1}스텝, --frames_per_video {3}"
    ),
    "epoch    {} for {n} steps of {n} frames, of about {n} for training": (
        "에폭     {0:text}, 프레임 {2}장씩 {1}스텝, 학습 프레임은 약 {3}장"
    ),
    "training at most {} for {n} epochs, start and report, with --frames_per_video {n}": (
        "학습     최대 {:text}, 시작과 보고서를 포함한 {}에폭, --frames_per_video {}"
    ),
    "training at most {} for {n} epochs, start and report; less where a stage ends early": (
        "학습     최대 {:text}, 시작과 보고서를 포함한 {}에폭. 단계가 일찍 끝나면 더 짧습니다"
    ),
    "start    {n} s before the first epoch, for imports and compilation": (
        "시작     첫 에폭 전에 불러오기와 컴파일로 {}초"
    ),
    "set      --workers {n}, for which there is memory; there are {n} cores": (
        "설정     --workers {}: 메모리에 맞춘 수입니다. 코어는 {}개입니다"
    ),
    "set      --work DIR on another, fast disk: workers wait for the one that they have": (
        "설정     --work DIR: 워커가 디스크를 기다립니다. 다른 빠른 디스크를 지정하세요"
    ),
    "set      --frames_per_video {n}: a video's frames are near-copies": (
        "설정     --frames_per_video {}: 한 영상의 프레임은 서로 비슷합니다"
    ),
    "set      --shuffle_records {n}: more would take too much of the memory": (
        "설정     --shuffle_records {}: 더 크면 메모리를 너무 많이 차지합니다"
    ),
    "cache    the shards fit into memory: from the second epoch on no disk is read": (
        "캐시     샤드가 메모리에 들어갑니다. 둘째 에폭부터 디스크를 읽지 않습니다"
    ),
    "cache    the shards do not fit into memory: each epoch reads them from the disk": (
        "캐시     샤드가 메모리에 들어가지 않습니다. 에폭마다 디스크에서 읽습니다"
    ),
    "train    {}": "학습     {}",
    "warning {}: too little room for a run; free some, or give --out or --work elsewhere": (
        "경고    {}: 공간이 모자랄 수 있습니다. 공간을 비우거나 --out 또는 --work를 다른 디스크로 지정하세요"
    ),
    "warning --workers {n} need more memory than is free; give fewer": (
        "경고    --workers {}: 메모리가 모자랍니다. 더 적게 지정하세요"
    ),
    "warning the sample has no frames of {}, so nothing can be said of an epoch; give more --seconds": (
        "경고    샘플에 {:text} 프레임이 없어 에폭에 대해 알 수 없습니다. --seconds를 늘리세요"
    ),
    "training": "학습",
    "validation": "검증",
    "warning no step of training was done in the time; give more --seconds, or a smaller network": (
        "경고    시간 안에 학습 스텝을 하나도 마치지 못했습니다. --seconds를 늘리거나 더 작은 네트워크를 쓰세요"
    ),
    "shards in {}": "데이터셋 {:text}",
    "an epoch in {}": "에폭 {:text}",
    "a training in at most {}": "학습 최대 {:text}",
    "{n} s ({n} to {n})": "{}초({}~{}초)",
    "{n} min ({n} to {n})": "{}분({}~{}분)",
    "{n} h ({n} to {n})": "{}시간({}~{}시간)",
    "making a dataset of the sample": "샘플로 데이터셋을 만드는 중",
    "measuring the disks": "디스크 속도를 재는 중",
    "training some steps on the sample": "샘플로 학습 스텝을 해 보는 중",
}

KOREAN_ADVICE_ERRORS = {
    "{}: only {} GB are free for a sample; free some or give another --out": (
        "{}: 샘플을 둘 공간이 {}GB뿐입니다. 공간을 비우거나 다른 --out을 지정하세요"
    ),
    "{}: no mood model could be trained on it: {}": "{}: 이 원본으로는 감정 모델을 학습할 수 없습니다: {:text}",
    "validation shows none of the moods of training; name others for validation (--valid_source)": (
        "검증에 학습의 감정이 하나도 없습니다. 검증에 다른 영상을 지정하세요(--valid_source)"
    ),
    "the process that tried training died ({}); run it again": (
        "학습을 해 보던 프로세스가 중단되었습니다({}). 다시 실행하세요"
    ),
    "address {}: advise looks at this machine alone; leave the cluster out": (
        "address {}: advise는 이 컴퓨터만 살펴봅니다. 클러스터를 빼세요"
    ),
    "work {}: advise measures disks of this machine; give a folder": (
        "work {}: advise는 이 컴퓨터의 디스크를 잽니다. 디렉터리를 지정하세요"
    ),
    "hosts and devices: advise tries training on one device; leave them out of --train_config": (
        "hosts와 devices: advise는 장치 하나로 학습을 해 봅니다. --train_config에서 빼세요"
    ),
    "--seconds {}: too short to measure anything; give at least 5": (
        "--seconds {}: 재기에는 너무 짧습니다. 5 이상을 지정하세요"
    ),
}
