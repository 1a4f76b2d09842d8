"""The help of the settings of preprocess and of training in Korean. See console.output.korean.help."""

_GROUPS = {
    "which boxes are accepted": "어떤 바운딩 박스를 받아들일지",
    "how the square around a box is cut and stored": "바운딩 박스 둘레의 정사각형을 자르고 저장하는 방법",
    "the perceptual hash by which frames are compared": "프레임을 비교하는 지각 해시",
    "which frames are near-duplicates": "어떤 프레임이 유사 중복인지",
    "how many frames of a video are kept": "영상마다 남길 프레임 수",
    "whole frames, to train a finder": "탐지 모델을 학습할 전체 프레임",
    "how videos are split into training and validation": "영상을 학습과 검증으로 나누는 방법",
    "the first stage, the head alone": "헤드만 학습하는 첫 단계",
}

_PREPROCESS = {
    "one or several folders with label JSON and frames, or archives of them, anywhere below; single zips and tars; "
    "URLs of these in a store, see docs/storage.md; folders of VOC XML and images; CSV files of "
    "image_path,bbox,labels; or COCO JSON files": (
        "라벨 JSON과 프레임 또는 그 압축 파일이 아래 어딘가에 있는 디렉터리 하나 이상. zip이나 tar 하나, 스토어에 있는 "
        "이것들의 URL(docs/storage.ko.md 참고), VOC XML과 이미지 디렉터리, image_path,bbox,labels 형식의 CSV, COCO "
        "JSON도 됩니다"
    ),
    "sources that are all for validation; then all other sources are for training": (
        "모두 검증에 쓸 원본. 지정하면 다른 원본은 모두 학습에 씁니다"
    ),
    "replace another dataset in OUT by the new one": "OUT에 있는 다른 데이터셋을 새 데이터셋으로 바꿉니다",
    "only print what would be kept; the hashes are kept for the real run": (
        "무엇이 남을지만 출력합니다. 해시는 실제 실행에서 다시 씁니다"
    ),
    "the dataset's folder, or its URL in a store, see docs/storage.md": (
        "데이터셋 디렉터리, 또는 스토어에 있는 데이터셋의 URL(docs/storage.ko.md 참고)"
    ),
    'a JSON file that says which mood, and with an object such as {"mood": "calm", "species": "cat"} also which '
    "species, each label of a CSV or category of COCO or VOC means": (
        'CSV의 라벨이나 COCO, VOC의 카테고리가 어느 감정인지 적은 JSON 파일. {"mood": "calm", "species": "cat"} 같은 '
        "객체로 종도 적을 수 있습니다"
    ),
    "decides the order of records, the order within a video, and the split": (
        "레코드 순서, 영상 안의 순서, 분할을 정하는 시드"
    ),
    "approximate size of a shard, in bytes": "샤드 하나의 대략적인 크기(바이트)",
    "drop rejects a box that leaves its image; clip cuts it to the image and says so in the note": (
        "drop은 이미지를 벗어난 바운딩 박스를 제외하고, clip은 이미지에 맞게 자르고 note에 적습니다"
    ),
    "for clip, the least part of the box's area that must lie inside the image": (
        "clip일 때, 바운딩 박스 넓이 가운데 이미지 안에 있어야 하는 최소 비율"
    ),
    "side of the stored square, in pixels": "저장할 정사각형의 한 변(픽셀)",
    "side of the square in the frame, as a multiple of the box's longer side": (
        "프레임에서 자를 정사각형의 한 변. 바운딩 박스 긴 변에 대한 배수"
    ),
    "JPEG quality of the stored square, and of whole frames": "저장할 정사각형과 전체 프레임의 JPEG 품질",
    "length of the perceptual hash of a crop, 64 or 256": "크롭의 지각 해시 길이, 64 또는 256비트",
    "drop near-duplicates; false keeps every frame but training frames that are near a validation frame": (
        "유사 중복을 제거합니다. false면 검증 프레임의 유사 중복인 학습 프레임만 빼고 모두 남깁니다"
    ),
    "all also compares the videos' representatives with one another; video compares within each video only": (
        "all은 영상의 대표 프레임끼리도 비교하고, video는 영상 안에서만 비교합니다"
    ),
    "greatest number of differing bits between a frame and its representative in its video; 8 of 64 bits, 62 of "
    "256 when not given": (
        "영상 안에서 프레임과 대표 프레임의 해시가 다를 수 있는 최대 비트 수. 지정하지 않으면 64비트 중 8, 256비트 "
        "중 62"
    ),
    "the same across videos, and between training and validation whatever enabled and scope say; at most 11 of 64 "
    "bits, 31 of 256; 6 and 30 when not given": (
        "영상 사이의 최대 비트 수. enabled와 scope에 관계없이 학습과 검증 사이에도 씁니다. 64비트는 11, 256비트는 "
        "31까지이고, 지정하지 않으면 6과 30"
    ),
    "frames with a lower detail score (black, featureless) are duplicates only where the stored pictures are equal": (
        "디테일 점수가 이보다 낮은 프레임(검거나 디테일이 없는 이미지)은 저장된 이미지가 똑같을 때만 중복으로 봅니다"
    ),
    "where near-duplicates of different videos have different moods, keep their representative with its own mood, "
    "drop it too, or give it the mood of the majority of these videos": (
        "서로 다른 영상의 유사 중복이 감정이 다를 때, keep은 대표 프레임을 제 감정 그대로 남기고, drop은 대표도 "
        "빼고, majority는 이 영상들의 다수 감정으로 바꿉니다"
    ),
    "keep at most so many frames of each video, those that differ most; all when not given": (
        "영상마다 서로 가장 다른 프레임을 최대 이만큼 남깁니다. 지정하지 않으면 모두"
    ),
    "at most so many of each video's kept frames, by the keyed order; 0 for none": (
        "영상마다 남은 프레임 가운데 키 순서로 최대 이만큼. 0이면 저장하지 않습니다"
    ),
    "part of the videos that goes to validation; all videos of one animal go to the same split": (
        "검증에 쓸 영상의 비율. 한 동물의 영상은 모두 같은 분할에 들어갑니다"
    ),
    "processes that work at a time; all cores, of this machine or of the cluster, when not given": (
        "동시에 일할 프로세스 수. 지정하지 않으면 이 컴퓨터나 클러스터의 모든 코어"
    ),
    "a Ray cluster's address; a local one is started when not given": (
        "Ray 클러스터의 주소. 지정하지 않으면 이 컴퓨터에서 시작합니다"
    ),
    "folder for intermediate files, on a fast disk, or its URL in a store; inside OUT when not given, or data/work "
    "where OUT is a URL": (
        "중간 파일을 둘 빠른 디스크의 디렉터리나 저장소의 URL. 지정하지 않으면 OUT 안, OUT이 URL이면 data/work"
    ),
}

_TRAINING = {
    "what of the backbone learns in that stage; the flag alone means full": (
        "그 단계에서 백본의 어느 부분을 학습할지 정합니다. 값 없이 지정하면 full"
    ),
    "write events for TensorBoard as well (extra tensorboard)": (
        "TensorBoard용 이벤트도 씁니다(추가 패키지 tensorboard 필요)"
    ),
    "start anew in an out that holds another run": "out에 다른 학습 결과가 있어도 새로 시작합니다",
    "a dataset folder or the URL of one, see docs/storage.md (its train split), or a CSV of image_path,bbox,labels, "
    "of which preprocess makes a dataset first": (
        "데이터셋 디렉터리나 URL(train 분할. docs/storage.ko.md 참고), 또는 image_path,bbox,labels 형식의 CSV. CSV라면 "
        "먼저 preprocess가 데이터셋을 만듭니다"
    ),
    "a dataset folder or URL (its val split), that of train when not given; a CSV where train is one, else part of "
    "its videos": (
        "데이터셋 디렉터리나 URL(val 분할). 지정하지 않으면 train의 데이터셋. train이 CSV면 여기도 CSV이고, 지정하지 "
        "않으면 train의 영상 일부를 검증에 씁니다"
    ),
    "where shards of a URL are kept; data/cache when not given": (
        "URL의 샤드를 둘 디렉터리. 지정하지 않으면 data/cache"
    ),
    "at most so much of them, in GB (10^9 bytes); what was not read for longest goes": (
        "거기에 둘 샤드의 최대 크기(GB, 10^9바이트). 넘으면 가장 오래 읽지 않은 것부터 지웁니다"
    ),
    "machines to train on at once, through Ray or by TF_CONFIG; each has a part of every batch": (
        "동시에 학습할 호스트 수(Ray 또는 TF_CONFIG). 호스트마다 모든 배치의 일부를 맡습니다"
    ),
    "the Ray cluster of the hosts, HOST:PORT or auto; processes of this machine when not given": (
        "호스트들의 Ray 클러스터, HOST:PORT 또는 auto. 지정하지 않으면 이 컴퓨터의 프로세스"
    ),
    "the run's folder; runs/ and the dataset's or the CSV's name when not given": (
        "학습 결과 디렉터리. 지정하지 않으면 runs/ 아래 데이터셋이나 CSV의 이름"
    ),
    "pictures in a step, over all devices": "모든 장치를 합한 한 스텝의 이미지 수",
    "pictures in a step, over all devices and hosts": "모든 장치와 호스트를 합한 한 스텝의 이미지 수",
    "side of the pictures in training, in pixels; validation sees whole crops at the same scale": (
        "학습 이미지의 한 변(픽셀). 검증은 크롭 전체를 같은 배율로 봅니다"
    ),
    "the part of a crop's side that a training picture shows, at a random place; 0.875 is 224 of 256 pixels": (
        "학습 이미지가 크롭의 무작위 위치에서 보여 주는 한 변의 비율. 0.875는 256픽셀 중 224픽셀"
    ),
    "highest rate of the fine-tuning stage": "파인튜닝 단계의 최고 학습률",
    "at most so many in the fine-tuning stage": "파인튜닝 단계의 최대 에폭 수",
    "EfficientNetB0, another model of keras.applications, small, or a .keras FILE of any backbone without its top": (
        "EfficientNetB0, keras.applications의 다른 모델, small, 또는 분류층이 없는 백본의 .keras 파일"
    ),
    "imagenet, none (from scratch; then also --probe.epochs 0), or a .keras FILE, or an .h5 FILE of Keras 2; of a "
    "backbone FILE its own, unless none": (
        "imagenet, none(처음부터 학습. --probe.epochs 0도 지정), .keras 파일, 또는 Keras 2의 .h5 파일. 백본이 "
        "파일이면 none이 아닌 한 그 파일의 가중치"
    ),
    "part of the features that is dropped before the last layer": "마지막 층 앞에서 버릴 특징의 비율",
    "what a backbone FILE takes: byte 0 to 255, unit 0 to 1, signed -1 to 1, imagenet by ImageNet's mean and "
    "deviation; auto reads it from the file's own scaling": (
        "백본 파일이 받는 픽셀 값: byte 0~255, unit 0~1, signed -1~1, imagenet은 ImageNet의 평균과 표준 편차. auto는 "
        "파일 안의 스케일 층에서 읽습니다"
    ),
    "0 leaves the stage out": "0이면 이 단계를 건너뜁니다",
    "its highest rate": "최고 학습률",
    "the backbone's rate, as a part of the head's": "헤드 학습률에 대한 백본 학습률의 비율",
    "part of a stage's steps in which its rate rises; then it falls along a cosine": (
        "학습률을 올리는 워밍업이 단계의 스텝에서 차지하는 비율. 그 뒤에는 코사인을 따라 내립니다"
    ),
    "of AdamW, on kernels": "AdamW가 커널에 적용하는 가중치 감쇠",
    "part of the target that is spread over all moods": "정답 확률 가운데 모든 감정에 나눠 줄 비율",
    "how the loss makes up for rare moods, by each mood's share of the training videos": (
        "학습 영상에서의 감정 비율에 따라 손실에서 드문 감정을 보정하는 방법"
    ),
    "which figure of the validation frames chooses model.keras": "model.keras를 고르는 검증 수치",
    "epochs after which a stage ends that the figure of `stop` has not improved": (
        "`stop`의 수치가 이만큼의 에폭 동안 나아지지 않으면 단계를 끝냅니다"
    ),
    "the figure that ends a stage; best is that of `best`, which chooses the model as well": (
        "단계의 종료를 정하는 수치. best는 모델을 고르는 `best`와 같은 수치"
    ),
    "mirror half of the pictures, left to right": "이미지의 절반을 좌우로 뒤집습니다",
    "change scale and colour, on the device; when not given, only on a GPU": (
        "연산 장치에서 크기와 색을 바꿉니다. 지정하지 않으면 GPU에서만"
    ),
    "at most so many frames of each video in an epoch, others in the next; all when not given": (
        "에폭마다 영상에서 최대 이만큼의 프레임을 쓰고, 다음 에폭에는 다른 프레임을 씁니다. 지정하지 않으면 모두"
    ),
    "encoded records that wait to be drawn": "셔플 버퍼에 담아 둘 인코딩된 레코드 수",
    "gpu fails where there is none; auto takes one if there is": "gpu는 GPU가 없으면 실패하고, auto는 있으면 씁니다",
    "how many to train on at once (TensorFlow's MirroredStrategy); on a CPU, virtual ones": (
        "동시에 학습할 장치 수(TensorFlow의 MirroredStrategy). CPU에서는 가상 장치"
    ),
    "auto is mixed_float16 on a GPU, float32 on a CPU": "auto는 GPU에서 mixed_float16, CPU에서 float32",
    "compile by XLA; auto is on for one GPU, off on a CPU, on several devices and when deterministic": (
        "XLA로 컴파일합니다. auto는 GPU 하나면 켜고, CPU이거나 장치가 여럿이거나 deterministic이면 끕니다"
    ),
    "the same bytes from the same run, on a CPU; slower on a GPU": (
        "CPU에서 같은 학습이 바이트까지 같은 결과를 냅니다. GPU에서는 느려집니다"
    ),
    "steps from one checkpoint to the next": "체크포인트 사이의 스텝 수",
    "look for the usual mistakes before the first epoch": "첫 에폭 전에 흔한 실수를 검사합니다",
    "measure input and model alone before the first epoch": "첫 에폭 전에 입력과 모델의 속도를 따로 잽니다",
    "learn so many pictures by heart and stop, to see that the whole chain learns at all": (
        "이미지를 이만큼 외우게 하고 멈춥니다. 전체 과정이 학습되는지 확인합니다"
    ),
    "of everything random": "모든 무작위 값의 시드",
    "for a CSV, handed on to preprocess; as all that follows, see python -m preprocess --help": (
        "CSV일 때 preprocess에 넘기는 설정. 아래 설정도 모두 같습니다. python -m preprocess --help를 보세요"
    ),
    "such as --box.policy clip": "예: --box.policy clip",
    "such as --crop.size 320": "예: --crop.size 320",
    "such as --dedupe.enabled true; false when not given": "예: --dedupe.enabled true. 지정하지 않으면 false",
    "such as --hash.bits 256": "예: --hash.bits 256",
    "such as --select.per_video 8": "예: --select.per_video 8",
    "such as --split.val_fraction 0.2": "예: --split.val_fraction 0.2",
}

_FINDER = {
    "remove another run from the run's folder first": "먼저 디렉터리에 있는 다른 학습 결과를 지웁니다",
    "a dataset folder with whole frames, or the URL of one, see docs/storage.md (its train split)": (
        "전체 프레임이 있는 데이터셋 디렉터리나 URL(train 분할. docs/storage.ko.md 참고)"
    ),
    "a dataset folder or URL (its val split), that of train when not given": (
        "데이터셋 디렉터리나 URL(val 분할). 지정하지 않으면 train의 데이터셋"
    ),
    "the run's folder": "학습 결과 디렉터리",
    "side of the square in which the network sees a picture, in pixels; a multiple of 32": (
        "네트워크가 이미지를 보는 정사각형의 한 변(픽셀). 32의 배수"
    ),
    "at most so many": "최대 에폭 수",
    "whose first blocks are taken, down to a sixteenth of the side; any that trainer.train knows, or a .keras FILE "
    "of a backbone without its top": (
        "한 변이 1/16이 될 때까지 앞쪽 블록을 쓸 백본. trainer.train에서 쓸 수 있는 것이나, 분류층이 없는 백본의 "
        ".keras 파일"
    ),
    "imagenet, none (from scratch), or a .keras FILE, such as the model.keras of a mood run; of a backbone FILE "
    "its own, unless none": (
        "imagenet, none(처음부터 학습), 또는 감정 모델의 model.keras 같은 .keras 파일. 백본이 파일이면 none이 아닌 "
        "한 그 파일의 가중치"
    ),
    "the backbone's rate, as a part of that of the layers behind it": "뒤쪽 층의 학습률에 대한 백본 학습률의 비율",
    "part of the steps in which the rate rises; then it falls along a cosine": (
        "학습률을 올리는 워밍업이 전체 스텝에서 차지하는 비율. 그 뒤에는 코사인을 따라 내립니다"
    ),
    "which figure of the validation frames chooses finder.keras": "finder.keras를 고르는 검증 수치",
    "epochs after which training ends that the figure of `stop` has not improved": (
        "`stop`의 수치가 이만큼의 에폭 동안 나아지지 않으면 학습을 끝냅니다"
    ),
    "the figure that ends training; best is that of `best`, which chooses the model as well": (
        "학습의 종료를 정하는 수치. best는 모델을 고르는 `best`와 같은 수치"
    ),
    "mirror half of the pictures too, left to right": "이미지의 절반을 좌우로 뒤집기도 합니다",
    "change scale, place, background and colours; without it frames lie as in validation": (
        "크기, 위치, 배경, 색을 바꿉니다. 끄면 프레임을 검증 때처럼 놓습니다"
    ),
    "learn the boxes of so many frames by heart and stop, to see that the whole chain learns at all": (
        "이만큼의 프레임에서 바운딩 박스를 외우게 하고 멈춥니다. 전체 과정이 학습되는지 확인합니다"
    ),
}

KOREAN_SETTINGS_HELP = _GROUPS | _PREPROCESS | _TRAINING | _FINDER
