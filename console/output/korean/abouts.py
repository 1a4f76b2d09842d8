"""What each command says of itself in its help, in Korean, paragraph by paragraph. See console.output.korean.help."""

_DATASETS = {
    "Labels and frames of the pet videos -> a shuffled, verified dataset": (
        "반려동물 영상의 라벨과 프레임으로 셔플과 검증을 마친 데이터셋을 만듭니다."
    ),
    "A small tree of made pet videos in the layout of AI Hub's data, with the defects that occur there": (
        "AI Hub 데이터의 구조를 따르고 거기서 생기는 결함도 담은 작은 가상 영상 원본을 만듭니다."
    ),
    "The same arguments give the same bytes, whatever the number of workers. The `--videos` videos without defects "
    "are the same with and without --no-defects, because each defect has an extra video; what is in them is printed. "
    "DIR appears when it is complete. With `--as` the same videos lie in archives: zips as AI Hub packs them, their "
    "pieces as its downloader names them, or a download.tar with zips and pieces. Exit status 2, with one line on "
    "stderr: the call is at fault": (
        "인자가 같으면 워커 수와 관계없이 바이트까지 같습니다. 결함마다 영상을 따로 더하므로, 결함이 없는 `--videos` "
        "영상은 --no-defects를 지정해도 같습니다. 무엇이 들어 있는지는 출력합니다. DIR은 완성된 뒤에 나타납니다. "
        "`--as`를 지정하면 같은 영상을 압축 파일에 담습니다: AI Hub처럼 묶은 zip, 다운로더가 이름 붙인 분할 파일, "
        "또는 이 둘을 담은 download.tar. 호출이 잘못되었으면 stderr에 한 줄을 출력하고 종료 코드는 2입니다."
    ),
    "What lies in the sources, before any work": "작업을 시작하기 전에 원본에 무엇이 있는지 보여 줍니다.",
    "Archives with their pieces and tars, labels, frames, splits, species, moods, what pairs and what is missing, "
    "what cannot be read and why, and what a run would take. It reads directories, labels and some sampled frames, "
    "and writes nothing but the files that are asked for. Exit status 1, with every reason, where no dataset could "
    "be made of the sources as they are, or one without a frame for validation; what is whole is counted all the "
    "same": (
        "압축 파일과 그 분할 파일 및 tar, 라벨, 프레임, 분할, 종, 감정, 짝이 맞는 것과 빠진 것, 읽을 수 없는 것과 그 "
        "이유, 실행에 드는 것을 보여 줍니다. 디렉터리와 라벨, 프레임 일부를 읽으며, 지정한 파일 말고는 아무것도 쓰지 "
        "않습니다. 원본으로 데이터셋을 만들 수 없거나 검증용 프레임이 없게 되면 모든 이유를 출력하고 종료 코드는 "
        "1입니다. 그때도 온전한 것은 셉니다."
    ),
    "How long a run and an epoch will take on this machine": (
        "이 컴퓨터에서 데이터셋 만들기와 에폭이 얼마나 걸릴지 알려 줍니다."
    ),
    "Draws videos at random, does real video tasks and real steps of training on them for about a minute, and says "
    "what limits (cores, disk, memory, GPU), how long `preprocess`, an epoch and a whole run of `trainer.train` take, "
    "each with a 95% interval, and which settings to use. What it writes meanwhile lies beside OUT and is removed. "
    "Exit status 1 where no dataset could be made, or none that a mood model could be trained on": (
        "영상을 무작위로 골라 약 1분 동안 실제 영상 작업과 학습 스텝을 해 보고, 무엇이 한계인지(코어, 디스크, 메모리, "
        "GPU), `preprocess`와 `trainer.train`의 에폭과 전체 학습이 얼마나 걸릴지(95% 구간), 어떤 설정이 맞는지 알려 "
        "줍니다. 그동안 쓰는 파일은 OUT 옆에 두었다가 지웁니다. 데이터셋을 만들 수 없거나 그것으로 감정 모델을 학습할 "
        "수 없으면 종료 상태는 1입니다."
    ),
    "Check every byte of a dataset, in a folder or in a store": (
        "디렉터리나 스토어에 있는 데이터셋의 모든 바이트를 검사합니다."
    ),
    "Prints one line for each fault. Exit status 0: the dataset is whole; 1: it is not": (
        "손상된 곳마다 한 줄을 출력합니다. 종료 코드 0은 손상 없음, 1은 손상 있음입니다."
    ),
    "Look at crops of a dataset": "데이터셋의 크롭을 봅니다.",
    "Writes a picture with one line of crops for each mood, frames chosen at random by --seed; with --key a single "
    "crop. The crops are read from the shards: they are what a model is trained on": (
        "감정마다 크롭을 한 줄씩 담은 이미지를 저장합니다. 프레임은 --seed로 무작위로 고르고, --key를 지정하면 크롭 "
        "하나만 저장합니다. 크롭은 모델이 학습하는 그대로 샤드에서 읽습니다."
    ),
    "A dataset's annotations as CSVs": "데이터셋의 어노테이션을 CSV로 내보냅니다.",
    'Writes train.csv and val.csv, each with the columns image_path,bbox,labels; bbox is "y,x,height,width" in '
    "pixels of the stored JPEG. They hold the rows that the dataset keeps, with --all every row that has an image, a "
    "box and a mood. A split without rows gives no file. With --bom Excel shows their Hangul. Preprocess makes the "
    "same crops from them (--source train.csv --valid_source val.csv)": (
        "image_path,bbox,labels 컬럼이 있는 train.csv와 val.csv를 씁니다. bbox는 저장된 JPEG의 픽셀로 "
        '"y,x,height,width"입니다. 데이터셋에 남은 행을 쓰고, --all을 지정하면 이미지, 바운딩 박스, 감정이 있는 행을 '
        "모두 씁니다. 행이 없는 분할은 파일을 만들지 않습니다. --bom을 지정하면 Excel에서 한글이 보입니다. "
        "preprocess에 다시 지정하면(--source train.csv --valid_source val.csv) 같은 크롭이 나옵니다."
    ),
    "A dataset's frames and boxes as COCO JSON": "데이터셋의 프레임과 바운딩 박스를 COCO JSON으로 내보냅니다.",
    "Writes train.json and val.json: whole frames, not crops, with the boxes as annotated and the moods as "
    "categories. They hold the rows that the dataset keeps; with --all every row that has an image, with its status "
    "and its reason. Species, video and key are further keys. With --images the frames are copied beside them, also "
    "out of zips, so that the folder needs nothing else. Preprocess reads the files back (--source train.json "
    "--valid_source val.json)": (
        "train.json과 val.json을 씁니다. 크롭이 아니라 전체 프레임이며, 바운딩 박스는 어노테이션 그대로, 감정은 "
        "카테고리로 씁니다. 데이터셋에 남은 행을 쓰고, --all을 지정하면 이미지가 있는 행을 모두 상태와 제외 사유와 "
        "함께 씁니다. 종, 영상, 키도 담습니다. --images를 지정하면 zip 안의 것까지 프레임을 옆에 복사하므로 "
        "디렉터리만 옮기면 됩니다. preprocess로 다시 읽을 수 있습니다(--source train.json --valid_source val.json)."
    ),
}

_REPORTS = {
    "One page about a dataset as a whole": "데이터셋 전체를 보여 주는 페이지를 만듭니다.",
    "Moods, species and splits, what was rejected and why, boxes, samples, the darkest and blurriest frames, and a "
    "map of frames that look alike, by their hashes or by the features of a --run. The page needs no other file. Its "
    "pictures of kept frames come from the shards, those of rejected ones from the source. After a dry run of "
    "preprocess it shows what a real run would keep": (
        "감정, 종, 분할, 제외한 것과 그 사유, 바운딩 박스, 샘플, 가장 어둡고 흐린 프레임, 해시나 --run의 특징 벡터로 "
        "본 비슷한 프레임의 지도를 보여 줍니다. 페이지는 다른 파일 없이 열립니다. 남은 프레임은 샤드에서, 제외된 "
        "프레임은 원본에서 읽습니다. preprocess의 드라이 런 뒤에는 실제 실행에서 무엇이 남을지 보여 줍니다."
    ),
    "A page about near-duplicates": "유사 중복을 보여 주는 페이지를 만듭니다.",
    "It shows what was dropped as a near-duplicate, whether that was right, and what other settings would keep. The "
    "page needs no other file; on request all statistics are written as JSON and every dropped frame as CSV. "
    "Pictures of kept frames come from the shards, those of dropped ones are cut again from the source. Judgements "
    "that the page saved as CSV come back by --judged and give the precision at each distance. Exit status 1 where a "
    "training frame is a near-duplicate of a validation frame": (
        "유사 중복으로 뺀 프레임, 그 판단이 옳은지, 설정을 바꾸면 무엇이 남는지 보여 줍니다. 페이지는 다른 파일 없이 "
        "열리고, 지정하면 모든 통계를 JSON으로, 빠진 프레임 전체를 CSV로 씁니다. 남은 프레임은 샤드에서 읽고 빠진 "
        "프레임은 원본에서 다시 자릅니다. 페이지에서 CSV로 저장한 판정을 --judged로 지정하면 거리별 정밀도가 "
        "나옵니다. 학습 프레임이 검증 프레임의 유사 중복이면 종료 코드는 1입니다."
    ),
    "Two datasets, or two runs, side by side": "데이터셋 둘 또는 학습 결과 둘을 나란히 비교합니다.",
    "Datasets: rows that came, went, or changed their status, split or mood; the shares of moods; the settings that "
    "differ. Runs: the settings that differ, each figure with its interval, and which run is better, or why that "
    "cannot be said": (
        "데이터셋: 생기거나 사라진 행, 상태나 분할이나 감정이 바뀐 행, 감정의 비율, 다른 설정. 학습 결과: 다른 설정, "
        "수치와 그 구간, 어느 쪽이 더 나은지 또는 그렇게 말할 수 없는 이유."
    ),
}

_MODELS = {
    "A dataset of shards, or a CSV of image_path,bbox,labels, -> a model that tells the mood": (
        "샤드로 된 데이터셋, 또는 image_path,bbox,labels 형식의 CSV로 감정을 알려 주는 모델을 학습합니다."
    ),
    "The whole frames of a dataset -> a finder of dogs and cats in pictures": (
        "데이터셋의 전체 프레임으로 이미지에서 개와 고양이를 찾는 탐지 모델을 학습합니다."
    ),
    "Tell the mood of pictures, folders of pictures and videos, in Korean": (
        "이미지, 이미지 디렉터리, 동영상의 감정을 한국어로 알려 줍니다."
    ),
    "With --finder, every dog and cat is found, cut out as in training, and judged; in clips each is followed. Where "
    "there is none, that is said. Without it, each picture is cropped to a square around the animal, which --box "
    "names, or used whole. Probabilities are for moods that are equally common, unless --prior natural. What is "
    "passed over in a folder is said. Exit status 1: a file could not be read, the others are answered": (
        "--finder를 지정하면 개와 고양이를 모두 찾아 학습 때처럼 잘라 추론하고, 동영상에서는 한 마리씩 따라갑니다. "
        "동물이 없으면 없다고 알립니다. 지정하지 않으면 --box로 지정한 동물 둘레의 정사각형을 자르거나 이미지 전체를 "
        "씁니다. 확률은 모든 감정이 똑같이 흔하다고 보고 계산합니다(--prior natural이면 학습 영상의 비율). "
        "디렉터리에서 건너뛴 파일은 알립니다. 읽지 못한 파일이 있으면 나머지에는 답하고 종료 코드는 1입니다."
    ),
    "A page for photos, clips and the webcam": "사진, 동영상, 웹캠에 답하는 페이지를 엽니다.",
    "RUN is the folder of a run, or its model.keras. Open the printed address in a browser of this machine: nothing "
    "is sent elsewhere, and nothing of what is shown to it is kept. Programs send a photo or a clip to /api/mood. "
    "Ctrl-C stops it": (
        "RUN은 학습 결과 디렉터리나 그 안의 model.keras입니다. 출력된 주소를 이 컴퓨터의 브라우저에서 여세요. "
        "아무것도 다른 곳으로 보내지 않고, 보여 준 것은 저장하지 않습니다. 프로그램은 사진이나 동영상을 /api/mood로 "
        "보냅니다. Ctrl-C로 끝냅니다."
    ),
    "Models for other programs: SavedModel, LiteRT and ONNX, each compared with the .keras files before it appears": (
        "다른 프로그램에서 쓸 모델을 SavedModel, LiteRT, ONNX로 내보냅니다. 저장하기 전에 하나씩 .keras 파일과 "
        "비교합니다."
    ),
    "A mood model alone tells the mood of squares, with a finder the pets of a whole picture are found and the mood "
    "of each is told, and a finder alone finds the pets on squares. Writes saved_model/, model.tflite, model.onnx, "
    "and mood.json and finder.json (names, sizes, temperature, prior) into a folder that appears whole or not at "
    "all. docs/export.md says what goes in and comes out, with an example of each format. On TensorFlow only; LiteRT "
    "and ONNX need the extra `export`": (
        "감정 모델만 내보내면 정사각형 이미지의 감정을 알려 주고, 탐지 모델도 함께면 전체 이미지에서 동물을 찾아 "
        "하나하나의 감정을 알려 주며, 탐지 모델만이면 정사각형에서 동물을 찾습니다. saved_model/, model.tflite, "
        "model.onnx와 mood.json, finder.json(이름, 크기, 온도, 사전 확률)을 한 디렉터리에 한꺼번에 저장합니다. "
        "입력과 출력, 형식별 예제는 docs/export.ko.md에 있습니다. TensorFlow에서만 쓸 수 있고, LiteRT와 ONNX에는 "
        "추가 패키지 `export`가 필요합니다."
    ),
}

KOREAN_ABOUTS = _DATASETS | _REPORTS | _MODELS
