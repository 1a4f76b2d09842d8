"""The errors of sources and archives, in Korean; tools.inventory lists them too. See call_errors."""

_SOURCES = {
    "source {} is one piece of {}; give the folder that holds all its pieces, they are read as they lie there": (
        "원본 {}: {} 파일의 분할 파일 하나입니다. 분할 파일이 모두 있는 디렉터리를 지정하면 그대로 읽습니다"
    ),
    "source {} is not a folder; give a folder that holds label JSON and frames, a .zip, a .tar, a .csv or a COCO "
    ".json": (
        "원본 {}: 디렉터리가 아닙니다. 라벨 JSON과 프레임이 있는 디렉터리, .zip, .tar, .csv, COCO .json 가운데 "
        "하나를 지정하세요"
    ),
    "{} (and {n} more: python -m tools.inventory lists them)": (
        "{:text} (그 밖에 {}개. python -m tools.inventory로 모두 볼 수 있습니다)"
    ),
    "{n} things keep a dataset from being made of this; see the end of the list": (
        "데이터셋을 만들 수 없는 문제가 {}개 있습니다. 목록 끝을 보세요"
    ),
    "give a folder that holds label JSON and frames, a .zip, a .tar, a .csv or a COCO .json": (
        "라벨 JSON과 프레임이 있는 디렉터리, .zip, .tar, .csv, COCO .json 가운데 하나를 지정하세요"
    ),
    "train first (python -m trainer.train), or give another run; make takes it as RUN=DIR": (
        "먼저 학습하거나(python -m trainer.train) 다른 학습 결과를 지정하세요. make에서는 RUN=DIR로 지정합니다"
    ),
    "give a picture, a video or a folder of them": "사진이나 동영상, 또는 이것들이 있는 디렉터리를 지정하세요",
    "make a finder first (python -m trainer.train_finder), or leave this out": (
        "먼저 탐지 모델을 만들거나(python -m trainer.train_finder) 이 옵션을 빼세요"
    ),
    "give a JSON file of label -> mood": "라벨 -> 감정의 JSON 파일을 지정하세요",
    "give imagenet, none or a .keras file": "imagenet, none 또는 .keras 파일을 지정하세요",
    "--label_map FILE says which mood a label or category means": (
        "라벨이나 범주가 뜻하는 감정은 --label_map FILE로 지정합니다"
    ),
    "correct the paths (a CSV's are relative to its folder), or add the folder of the frames as a source": (
        "경로를 고치거나(CSV의 경로는 그 CSV가 있는 디렉터리 기준) 프레임 디렉터리도 원본으로 지정하세요"
    ),
    "give other labels and frames, or correct these": "다른 라벨과 프레임을 지정하거나 고치세요",
    "{}: no rows; write one for each frame": "{}: 행이 없습니다. 프레임마다 한 행을 쓰세요",
    "{}: no images; write them into its list `images`": "{}: 이미지가 없습니다. `images` 목록에 적으세요",
    "{}: {n} VOC XML, but no images; give the folder that holds both": (
        "{}: VOC XML은 {}개 있지만 이미지가 없습니다. 둘 다 있는 디렉터리를 지정하세요"
    ),
    "{}: {n} frames, but no label JSON; add the folder of labels as a source": (
        "{}: 프레임은 {}장 있지만 라벨 JSON이 없습니다. 라벨 디렉터리도 원본으로 지정하세요"
    ),
    "{}: {n} frames in folders and {n} archive, but no label JSON; add the folder of labels as a source": (
        "{}: 디렉터리와 압축 파일에 프레임은 {}장({}개) 있지만 라벨 JSON이 없습니다. 라벨 디렉터리도 원본으로 "
        "지정하세요"
    ),
    "{}: {n} frames in folders and {n} archives, but no label JSON; add the folder of labels as a source": (
        "{}: 디렉터리와 압축 파일에 프레임은 {}장({}개) 있지만 라벨 JSON이 없습니다. 라벨 디렉터리도 원본으로 "
        "지정하세요"
    ),
    "{}: {n} label JSON, but no frames; add the folder of frames as a source": (
        "{}: 라벨 JSON은 {}개 있지만 프레임이 없습니다. 프레임 디렉터리도 원본으로 지정하세요"
    ),
    "{}: {n} VOC XML, but no frames; add the folder of frames as a source": (
        "{}: VOC XML은 {}개 있지만 프레임이 없습니다. 프레임 디렉터리도 원본으로 지정하세요"
    ),
    "{}: no label JSON and no frames; give the folder that holds them": (
        "{}: 라벨 JSON도 프레임도 없습니다. 이것들이 있는 디렉터리를 지정하세요"
    ),
    "{}: no label JSON and no frames in folders and {n} archive; give the folder that holds them": (
        "{}: 디렉터리와 압축 파일({}개)에 라벨 JSON도 프레임도 없습니다. 이것들이 있는 디렉터리를 지정하세요"
    ),
    "{}: no label JSON and no frames in folders and {n} archives; give the folder that holds them": (
        "{}: 디렉터리와 압축 파일({}개)에 라벨 JSON도 프레임도 없습니다. 이것들이 있는 디렉터리를 지정하세요"
    ),
    "{} {}; run the same command again when the source is at rest": (
        "{}: {:text}. 원본이 더 바뀌지 않을 때 같은 명령을 다시 실행하세요"
    ),
    "was there and is gone": "있던 파일이 사라졌습니다",
    "was changed while this run read it": "읽는 도중에 바뀌었습니다",
    "{}: line {}: no CSV ({}); write it anew, each bbox within quotes": (
        "{}: {}번째 줄: CSV 형식이 아닙니다({}). bbox를 따옴표로 묶어 다시 쓰세요"
    ),
    "--label_map {}: {}; the moods are {}, or {}": "--label_map {}: {:text}. 쓸 수 있는 감정: {} 또는 {}",
    "{} is mapped to no mood": "감정이 아닌 값입니다({})",
    "is no JSON object of label -> mood": "라벨 -> 감정의 JSON 객체가 아닙니다",
    "--label_map {}: {}; give a JSON file of label -> mood": (
        "--label_map {}: {}. 라벨 -> 감정의 JSON 파일을 지정하세요"
    ),
    "--label_map {}: is no JSON in UTF-8 ({}); write it anew": (
        "--label_map {}: UTF-8로 된 JSON이 아닙니다({}). 다시 쓰세요"
    ),
    "--label_map {}: {} has {}; an object holds mood and species alone": (
        "--label_map {}: {} 객체에 쓸 수 없는 키가 있습니다({}). mood와 species만 쓸 수 있습니다"
    ),
    "--label_map {}: {} has the species {}; give cat or dog": (
        "--label_map {}: {}의 종을 알 수 없습니다({}). cat이나 dog를 쓰세요"
    ),
    "{}: is no COCO JSON ({}); {}": "{}: COCO JSON이 아닙니다({}). {:text}",
    "give a COCO JSON of images, annotations and categories, or the folder that holds other labels": (
        "images, annotations, categories가 있는 COCO JSON이나 다른 라벨이 있는 디렉터리를 지정하세요"
    ),
    "{}: {}, so it is not known whose the boxes are; give each image its own id": (
        "{}: {}. 어느 이미지의 바운딩 박스인지 알 수 없으니 이미지마다 다른 id를 쓰세요"
    ),
    "{}: nothing of it is left for {}: its rows are rejected, or in folders that validation names too "
    "(video_repeated). Frames of one folder are near-duplicates, so divide folders, not rows": (
        "{}: {} 분할에 남은 것이 없습니다. 행이 제외되었거나, 검증에도 지정한 디렉터리에 있습니다(video_repeated). "
        "한 디렉터리의 프레임은 서로 유사 중복이므로 행이 아니라 디렉터리를 나누세요"
    ),
    "{}: all {} frames have near-duplicates of another mood; use --dedupe.conflicts keep or majority instead of drop": (
        "{}: 프레임 {}장 모두 감정이 다른 유사 중복이 있습니다. --dedupe.conflicts를 drop 대신 keep이나 majority로 "
        "지정하세요"
    ),
}

_ARCHIVES = {
    "{}: {}; download it again": "{}: {:text}. 다시 받으세요",
    "{}: it cannot be read ({}); change its permissions, or remove it": (
        "{}: 읽을 수 없습니다({}). 권한을 바꾸거나 지우세요"
    ),
    "{}: {} is cut short, or pieces after it are missing; download them": (
        "{}: {} 파일이 잘렸거나 그다음 분할 파일이 없습니다. 다시 받으세요"
    ),
    "{}: {} in it leads out of the tar; remove it": "{}: 안에 tar 밖을 가리키는 이름이 있습니다({}). 지우세요",
    "{}: it holds two members of one name: {}; remove one of them": (
        "{}: 이름이 같은 파일이 둘 있습니다({}). 하나를 지우세요"
    ),
    "{}: a piece is missing or cut short: from byte {n} to {n} (after {}); download it again": (
        "{}: 분할 파일이 없거나 잘렸습니다: 바이트 {}~{} ({} 다음). 다시 받으세요"
    ),
    "{}: a piece is missing or cut short: from byte {n} to {n} (the first piece); download it again": (
        "{}: 분할 파일이 없거나 잘렸습니다: 바이트 {}~{} (첫 분할 파일). 다시 받으세요"
    ),
    "{}: {} reaches to byte {n}, beyond the beginning of {}; download both again": (
        "{0}: {1} 파일이 바이트 {2}까지 이어져 {3} 파일의 시작과 겹칩니다. 둘 다 다시 받으세요"
    ),
    "{}: {} and {} are the same piece; remove one of them": "{}: 같은 분할 파일이 둘 있습니다({}, {}). 하나를 지우세요",
    "{}: it is no tar ({}); download it again (whole in it: {})": (
        "{}: tar가 아닙니다({}). 다시 받으세요 (온전한 것: {})"
    ),
    "{}: {} in it is stored as a sparse file; unpack the tar (whole in it: {})": (
        "{}: {} 파일이 희소 파일로 담겨 있습니다. tar를 푸세요 (온전한 것: {})"
    ),
    "{}: it was cut short: {n} bytes of {} are missing; download it again (whole in it: {})": (
        "{0}: 잘렸습니다. {2} 파일의 {1}바이트가 없습니다. 다시 받으세요 (온전한 것: {3})"
    ),
    "{}: it was cut short at byte {n}, where its end or another file should follow; download it again (whole in "
    "it: {})": "{}: 바이트 {}에서 잘렸습니다. 다시 받으세요 (온전한 것: {})",
    "{}: it is damaged at byte {n}; download it again (whole in it: {})": (
        "{}: 바이트 {}에서 손상되었습니다. 다시 받으세요 (온전한 것: {})"
    ),
}

# What is wrong with a zip, behind its name.
_FAULTS = {
    "{}: {} (sort -V), or put the pieces here as they were delivered": (
        "{}: {:text} (sort -V). 아니면 분할 파일을 받은 그대로 두세요"
    ),
    "its pieces were joined in the order of their names as text; join them in the order of their numbers": (
        "분할 파일을 이름의 글자 순서로 합쳤습니다. 번호 순서로 합치세요"
    ),
    "its end is missing, so it is cut short or no zip": "끝부분이 없습니다. 잘렸거나 zip이 아닙니다",
    "it is one volume of a split zip; join its volumes first (zip -s 0)": (
        "분할 zip의 볼륨 하나입니다. 먼저 볼륨을 합치세요(zip -s 0)"
    ),
    "its directory would begin before its first byte, so it is cut short or damaged": (
        "중앙 디렉터리의 시작이 파일보다 앞에 있습니다. 잘렸거나 손상되었습니다"
    ),
    "its end tells of {n} members in a directory of {n} bytes": (
        "파일 {}개라고 적혀 있는데 중앙 디렉터리가 {}바이트뿐입니다"
    ),
    "its end tells of no member, and {n} bytes lie before it": "파일이 없다고 적혀 있는데 그 앞에 {}바이트가 있습니다",
    "its end tells of {n} members, its directory lists {n}": "파일 {}개라고 적혀 있는데 중앙 디렉터리에는 {}개입니다",
    "its zip64 end record is damaged": "zip64의 끝 레코드가 손상되었습니다",
    "offset {}: the directory ends within an entry": "바이트 {}: 중앙 디렉터리가 항목 중간에서 끝납니다",
    "offset {}: no entry of a directory": "바이트 {}: 중앙 디렉터리의 항목이 아닙니다",
    "offset {}: an entry of a zip64 whose sizes are missing": "바이트 {}: zip64 항목에 크기가 없습니다",
    "there is no member at offset {}, where its directory says": "중앙 디렉터리에 적힌 위치 {}에 파일이 없습니다",
    "offset {}: a member that would reach to byte {}, into the directory": (
        "바이트 {}: 파일이 바이트 {}까지 이어져 중앙 디렉터리와 겹칩니다"
    ),
    "offset {}: a member that overlaps the one before it": "바이트 {}: 앞의 파일과 겹칩니다",
    "it holds two members of one name: {}": "이름이 같은 파일이 둘 있습니다({})",
    "{} in it is encrypted; unpack it with its password": "안의 {} 파일이 암호화되어 있습니다. 암호로 푸세요",
    "{}: {} in it is encrypted; unpack it with its password": "{}: 안의 {} 파일이 암호화되어 있습니다. 암호로 푸세요",
    "{} in it claims {} bytes from {}, more than any packing": (
        "안의 {0} 파일이 {2}바이트에서 {1}바이트가 나온다고 합니다. 있을 수 없는 압축입니다"
    ),
    "{} in it is packed by method {}, and only stored and deflated members can be read; unpack it": (
        "안의 {} 파일의 압축 방식({})은 읽을 수 없습니다(stored와 deflated만 가능). 압축을 푸세요"
    ),
    "a piece is missing or cut short: {} ({}); download it again": (
        "분할 파일이 없거나 잘렸습니다: {} ({}). 다시 받으세요"
    ),
    "{} reaches to byte {}, beyond the beginning of {}; download both again": (
        "{} 파일이 바이트 {}까지 이어져 {} 파일의 시작과 겹칩니다. 둘 다 다시 받으세요"
    ),
    "{} and {} are the same piece; remove one of them": "같은 분할 파일이 둘 있습니다({}, {}). 하나를 지우세요",
}

KOREAN_SOURCE_ERRORS = _SOURCES | _ARCHIVES | _FAULTS
