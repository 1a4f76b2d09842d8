"""The errors of training and of model files, in Korean. See console.output.korean.call_errors."""

_SETTINGS = {
    "resolution {} is no multiple of {}; give {}": "resolution {}: {}의 배수가 아닙니다. 다음 값을 지정하세요: {}",
    "epochs 0: nothing would be trained; give --epochs": "epochs 0: 학습할 에폭이 없습니다. --epochs를 지정하세요",
    "batch_size {} is no multiple of the {} devices; change one": (
        "batch_size {}: 장치 수 {}의 배수가 아닙니다. 둘 중 하나를 바꾸세요"
    ),
    "batch_size {} is more than the {} whole frames of {}; make it smaller": (
        "batch_size {0}: {2}의 전체 프레임 {1}장보다 큽니다. 더 작은 값을 지정하세요"
    ),
    "resolution {}: a window of {} of the {} pixels that the shards hold has {}; choose 1 to {}": (
        "resolution {0}: 샤드에 저장된 {2}픽셀 중 window {1}의 영역은 {3}픽셀입니다. 1에서 {4} 사이를 지정하세요"
    ),
    "devices {}: an epoch has only {} frames; train on fewer devices": (
        "devices {}: 한 에폭의 프레임이 {}장뿐입니다. 장치 수를 줄이세요"
    ),
    "devices {}: only the TensorFlow backend trains on several": (
        "devices {}: 여러 장치에서는 TensorFlow 백엔드로만 학습합니다"
    ),
    "devices {} with jit on crashes in TensorFlow; choose --jit off": (
        "devices {}: TensorFlow에서는 jit on과 함께 쓸 수 없습니다. --jit off를 지정하세요"
    ),
    "devices {}: there are {} GPUs; ask for at most so many": "devices {}: GPU는 {}개입니다. 그 이하로 지정하세요",
    "KERAS_BACKEND={} cannot train here; set it to tensorflow or jax": (
        "KERAS_BACKEND={}: 학습에 쓸 수 없습니다. tensorflow나 jax로 바꾸세요"
    ),
    "jit off: JAX always compiles by XLA; leave the flag out, or set KERAS_BACKEND=tensorflow": (
        "jit off: JAX는 항상 XLA로 컴파일합니다. 플래그를 빼거나 KERAS_BACKEND=tensorflow를 지정하세요"
    ),
    "imbalance is given twice; exactly one of none, class_weight, logit_adjustment works at a time": (
        "imbalance가 두 번 지정되었습니다. none, class_weight, logit_adjustment 가운데 하나만 쓸 수 있습니다"
    ),
    "weights none with a probe stage: random features would be probed; add --probe.epochs 0": (
        "weights none: 첫 단계가 무작위 특징으로 헤드를 학습하게 됩니다. --probe.epochs 0을 더하세요"
    ),
    "weights none with train_base {}: its layers would never learn": (
        "weights none, train_base {}: 백본의 층이 학습되지 않습니다"
    ),
    "{}: settings of preprocess, by which {} was made; leave them out, or make a dataset with them: python -m "
    "preprocess": (
        "{}: preprocess의 설정인데 {} 데이터셋은 이미 만들어져 있습니다. 빼거나, 이 설정으로 데이터셋을 만드세요: "
        "python -m preprocess"
    ),
    "backbone {} does not exist; give a .keras file, or a backbone by its name": (
        "backbone {}: 없는 경로입니다. .keras 파일이나 백본의 이름을 지정하세요"
    ),
    "pixels {} is for a backbone from a file; of {} they are known": (
        "pixels {}: 백본이 파일일 때만 지정합니다. {}의 픽셀 값은 이미 알고 있습니다"
    ),
    "train_base last_block: {} shows no blocks; choose frozen or full": (
        "train_base last_block: {}에는 블록 구분이 없습니다. frozen이나 full을 지정하세요"
    ),
    "{}; or leave --tensorboard out": "{:text}. 아니면 --tensorboard를 빼세요",
    "{} is no file": "{}: 파일이 아닙니다",
    "{} {}: is no file": "{} {}: 파일이 아닙니다",
    "{} {}: there is no such file": "{} {}: 없는 파일입니다",
}

_BACKBONES = {
    "backbone {} does not begin with a Rescaling or Normalization, so which pixels it takes is not known; say so: "
    "--pixels byte (0 to 255), unit (0 to 1), signed (-1 to 1) or imagenet": (
        "backbone {}: Rescaling이나 Normalization 층으로 시작하지 않아 어떤 픽셀 값을 받는지 알 수 없습니다. "
        "--pixels로 지정하세요: byte(0~255), unit(0~1), signed(-1~1), imagenet"
    ),
    "backbone {} is unknown; choose one of {}, {}, or give a .keras file": (
        "backbone {}: 알 수 없는 이름입니다. {}, {} 가운데 하나나 .keras 파일을 지정하세요"
    ),
    "backbone {} has no block at 1/{} of the side, as a finder needs; choose another, such as EfficientNetB0, "
    "MobileNetV3Large or small": (
        "backbone {}: 탐지 모델에 필요한, 한 변이 1/{}인 블록이 없습니다. EfficientNetB0, MobileNetV3Large, "
        "small처럼 다른 것을 지정하세요"
    ),
    "the small backbone has no imagenet weights; give --weights none --probe.epochs 0": (
        "small 백본에는 imagenet 가중치가 없습니다. --weights none --probe.epochs 0을 지정하세요"
    ),
    "the imagenet weights of {} cannot be fetched ({}); on a machine with a network save "
    "keras.applications.{}(include_top=False, input_shape=(None, None, 3)) as a .keras file and give it with "
    "--weights FILE, or train from scratch: --weights none --probe.epochs 0": (
        "{}의 imagenet 가중치를 받을 수 없습니다({}). 네트워크가 되는 컴퓨터에서 "
        "keras.applications.{}(include_top=False, input_shape=(None, None, 3))을 .keras 파일로 저장해 --weights "
        "FILE로 지정하거나, 처음부터 학습하세요: --weights none --probe.epochs 0"
    ),
    "weights {} is no .keras file; give imagenet, none, a .keras file of a run or of a backbone, or an .h5 file of "
    "Keras 2": (
        "weights {}: .keras 파일이 아닙니다. imagenet, none, 학습 결과나 백본의 .keras 파일, Keras 2의 .h5 파일 "
        "가운데 하나를 지정하세요"
    ),
    "weights {} does not exist; give imagenet, none, a .keras file of a run or of a backbone, or an .h5 file of "
    "Keras 2": (
        "weights {}: 없는 경로입니다. imagenet, none, 학습 결과나 백본의 .keras 파일, Keras 2의 .h5 파일 가운데 "
        "하나를 지정하세요"
    ),
    "weights {} {}; give imagenet, none, a .keras file of a run or of a backbone, or an .h5 file of Keras 2": (
        "weights {}: {}. imagenet, none, 학습 결과나 백본의 .keras 파일, Keras 2의 .h5 파일 가운데 하나를 지정하세요"
    ),
    "weights {} hold the backbone {}, the settings say {}; make them agree": (
        "weights {}: 백본이 {}인데 설정은 {}입니다. 같게 맞추세요"
    ),
    "weights {} end in {}; save the backbone with include_top=False": (
        "weights {}: 출력의 형태가 {}입니다. include_top=False로 백본을 저장하세요"
    ),
    "weights {} cannot be loaded: {}": "weights {}: 불러올 수 없습니다: {}",
    "weights {} does not exist; give an .h5 file": "weights {}: 없는 경로입니다. .h5 파일을 지정하세요",
    "weights {} is no file; give an .h5 file": "weights {}: 파일이 아닙니다. .h5 파일을 지정하세요",
    "weights {} {}; give an .h5 file": "weights {}: {}. .h5 파일을 지정하세요",
    "weights {} cannot be read as HDF5: {}": "weights {}: HDF5로 읽을 수 없습니다: {}",
    "weights {}: {} {}/{}, which in {} is {}; give the --backbone that was saved": (
        "weights {}: {} {}/{} ({}에서는 {}). 저장된 것과 같은 --backbone을 지정하세요"
    ),
    "{} does not exist; give a .keras file": "{}: 없는 경로입니다. .keras 파일을 지정하세요",
    "{} is no file; give a .keras file": "{}: 파일이 아닙니다. .keras 파일을 지정하세요",
    "{} {}; give a .keras file": "{}: {}. .keras 파일을 지정하세요",
    "{} cannot be loaded: {}": "{}: 불러올 수 없습니다: {}",
    "{} is no functional model; save one from keras.Input to the last map of features": (
        "{}: 함수형 모델이 아닙니다. keras.Input에서 마지막 특징 맵까지를 저장하세요"
    ),
    "{} takes pictures of {} pixels alone ({}); save it for any size, with keras.Input((None, None, 3))": (
        "{}: {}픽셀 이미지만 받습니다({}). keras.Input((None, None, 3))으로 모든 크기를 받게 저장하세요"
    ),
    "{} has {} inputs and {} outputs; a backbone has one each": (
        "{}: 입력 {}개, 출력 {}개입니다. 백본은 하나씩이어야 합니다"
    ),
    "{} takes {}, not pictures (batch, height, width, 3)": (
        "{}: 입력이 이미지 (batch, height, width, 3) 형태가 아닙니다: {}"
    ),
    "{} ends in {}, not in a map of features; save it without its top (include_top=False)": (
        "{}: 출력이 특징 맵이 아닙니다({}). 분류층 없이 저장하세요(include_top=False)"
    ),
}

_FILES = {
    "give the model.keras of a run (runs/NAME/model.keras), or the model.onnx of an export": (
        "학습 결과의 model.keras(runs/NAME/model.keras)나 내보낸 model.onnx를 지정하세요"
    ),
    "give the finder.keras of a run of trainer.train_finder, or the model.onnx of its export": (
        "trainer.train_finder로 학습한 finder.keras나 내보낸 model.onnx를 지정하세요"
    ),
    "copy it anew from where it was trained, or train again": "학습한 곳에서 다시 복사하거나 다시 학습하세요",
    "{}: Keras {} cannot load it: {}": "{}: Keras {} 버전으로 불러올 수 없습니다: {}",
    "{}: needs Keras {} or later, here is {}": "{}: Keras {} 이상이 필요한데 {} 버전입니다",
    "{}: is no .keras file; {}": "{}: .keras 파일이 아닙니다. {:text}",
    "{}: there is no such file; {}": "{}: 없는 파일입니다. {:text}",
    "{}: is not a file; {}": "{}: 파일이 아닙니다. {:text}",
    "{}: holds no {}, so this project did not write it; {}": (
        "{}: {} 항목이 없어 이 프로그램이 만든 파일이 아닙니다. {:text}"
    ),
    "{}: damaged: {}; {}": "{}: 손상되었습니다({}). {:text}",
    "{}: claims {} bytes in a file of {}, as no model does": (
        "{}: 내용이 {}바이트라고 적혀 있는데 파일은 {}바이트입니다. 이런 모델 파일은 없습니다"
    ),
    "{}: damaged: {} does not fit its checksum; {}": "{}: 손상되었습니다. {} 항목의 체크섬이 맞지 않습니다. {:text}",
    "{}: is {} version {}, this program reads {} version {}; train again, or use the program that wrote it": (
        "{}: {} 버전 {}인데 이 프로그램은 {} 버전 {}만 읽습니다. 다시 학습하거나 만든 프로그램을 쓰세요"
    ),
    "{}: {} is damaged: {}; train again": "{}: {} 항목이 손상되었습니다: {}. 다시 학습하세요",
    "{}: knows {} moods, this program {}": "{}: 감정이 {}가지인데 이 프로그램은 {}가지입니다",
    "{}: numbers the moods as {}, this program as {}; use the one that wrote it": (
        "{}: 감정의 번호가 다릅니다({}, 이 프로그램은 {}). 만든 프로그램을 쓰세요"
    ),
    "{}: numbers the species as {}, this program as {}": "{}: 종의 번호가 다릅니다({}, 이 프로그램은 {})",
    "{}: is no .keras file and no .onnx file; {}": "{}: .keras 파일도 .onnx 파일도 아닙니다. {:text}",
    "{}: a file of Keras 2 does not say how its pictures were cut and scaled, nor which number is which mood, so "
    "its answers could not be relied on; train from it, with --weights of trainer.train, and give the model.keras "
    "of that run": (
        "{}: Keras 2의 파일에는 이미지를 자르고 줄인 방법과 감정의 번호가 없어 답을 믿을 수 없습니다. "
        "trainer.train의 --weights로 지정해 학습하고, 그 결과의 model.keras를 지정하세요"
    ),
    "{}: holds no {}, so it is another kind of file; {}": "{}: {} 항목이 없어 다른 종류의 파일입니다. {:text}",
    "{}: takes whole pictures, for other programs; {}": "{}: 전체 이미지를 받는, 다른 프로그램용 파일입니다. {:text}",
    "{}: is no ONNX file, or damaged; export the model again": (
        "{}: ONNX 파일이 아니거나 손상되었습니다. 모델을 다시 내보내세요"
    ),
}

_RUNS = {
    "{} was made with {} {}, {} with {}; make one as the other": (
        "{0}의 {1} 값은 {2}, {3}의 값은 {4}입니다. 한쪽을 다른 쪽과 같게 만드세요"
    ),
    "{}: {}; make the dataset anew": "{}: {}. 데이터셋을 다시 만드세요",
    "{}: its {} kept rows of {} are not the {} records of the shards; run python -m tools.verify {}": (
        "{}: 남은 행 {}개({})와 샤드의 레코드 {}개가 맞지 않습니다. python -m tools.verify {} 명령으로 확인하세요"
    ),
    "{}: damaged: {}; run python -m tools.verify {}": (
        "{}: 손상되었습니다({}). python -m tools.verify {} 명령으로 확인하세요"
    ),
    "{} shows none of the moods of {}; give another --valid": (
        "{}: {}의 감정이 하나도 없습니다. 다른 --valid를 지정하세요"
    ),
    "{}: its {} split is empty ({} videos are for training, {} for validation); {}, or make it again with more "
    "videos": "{}: {} 분할이 비어 있습니다(학습 영상 {}개, 검증 영상 {}개). {:text}. 아니면 영상을 늘려 다시 만드세요",
    "give --valid a dataset of other videos": "--valid에 다른 영상의 데이터셋을 지정하세요",
    "give another --train": "다른 --train을 지정하세요",
    "{} holds another run: {}; give --replace, another --out, or what that run was given": (
        "{}: 다른 학습 결과가 있습니다. 다른 점: {}. --replace나 다른 --out을 지정하거나, 그 학습과 같은 값을 "
        "지정하세요"
    ),
    "{} is damaged ({}); give --replace or another --out": (
        "{}: 손상되었습니다({}). --replace나 다른 --out을 지정하세요"
    ),
    "{}: its checkpoints are of another backbone than {}; give --replace": (
        "{}: 체크포인트의 백본이 설정({})과 다릅니다. --replace를 지정하세요"
    ),
    "{}: {} pictures were not learnt in {} epochs (accuracy {}); are the labels those of the pictures? python -m "
    "tools.show shows them": (
        "{}: 이미지 {}장을 {}에폭 동안 외우지 못했습니다(정확도 {}). 라벨이 이미지와 맞는지 python -m tools.show로 "
        "확인하세요"
    ),
    "{}: the boxes of {} frames were not learnt in {} epochs (mean IoU {}); do the boxes lie around the animals? "
    "python -m tools.dataset_report {} shows some": (
        "{}: 프레임 {}장의 바운딩 박스를 {}에폭 동안 외우지 못했습니다(평균 IoU {}). 바운딩 박스가 동물에 맞는지 "
        "python -m tools.dataset_report {} 명령으로 확인하세요"
    ),
    "all {} pictures of a batch show one mood; the shards are not shuffled": (
        "배치의 이미지 {}장이 모두 같은 감정입니다. 샤드가 섞이지 않았습니다"
    ),
    "the first loss is {} instead of ln {} = {}": "첫 손실이 {}입니다. ln {} = {}이어야 합니다",
    "a batch holds {} from {} to {}; pictures should be uint8 from 0 to 255": (
        "배치의 값이 {}, {}~{}입니다. 이미지는 uint8, 0~255여야 합니다"
    ),
    "a batch of {} pictures comes from {} videos where chance gives {}; the data is not shuffled": (
        "이미지 {}장인 배치의 영상이 {}개뿐입니다(무작위라면 {}개). 데이터가 섞이지 않았습니다"
    ),
    "boxes of a batch do not lie in the square of {} pixels; run python -m tools.verify": (
        "배치의 바운딩 박스가 {}픽셀 정사각형을 벗어났습니다. python -m tools.verify로 확인하세요"
    ),
    "inference sees other pixels than training: {} apart on average": (
        "추론과 학습이 보는 픽셀이 다릅니다: 평균 차이 {}"
    ),
    "a saved model answers otherwise than the one in memory: logits differ by {}": (
        "저장한 모델의 답이 메모리의 모델과 다릅니다: 로짓 차이 {}"
    ),
    "{}: its picture cannot be decoded; make the dataset anew": (
        "{}: 이미지를 디코딩할 수 없습니다. 데이터셋을 다시 만드세요"
    ),
    "nothing to evaluate: the validation split is empty; give another --valid": (
        "검증 분할이 비어 있어 평가할 것이 없습니다. 다른 --valid를 지정하세요"
    ),
    "the model's outputs for {} of {} validation frames are not finite numbers: training diverged; lower "
    "--learning_rate or train in float32": (
        "검증 프레임 {1}장 중 {0}장에서 모델이 계산할 수 없는 값을 냈습니다. 학습이 발산했으니 --learning_rate를 "
        "줄이거나 float32로 학습하세요"
    ),
    "the finder's outputs are not finite numbers: training diverged; lower --learning_rate": (
        "탐지 모델이 계산할 수 없는 값을 냈습니다. 학습이 발산했으니 --learning_rate를 줄이세요"
    ),
    "{} is missing: nothing to report; let the training end first": (
        "{}: 없는 파일이라 보여 줄 것이 없습니다. 먼저 학습을 끝내세요"
    ),
    "{} holds no JSON object; {}": "{}: JSON 객체가 아닙니다. {:text}",
    "{} is not JSON: {}; {}": "{}: JSON이 아닙니다: {}. {:text}",
    "{} is damaged: it {}; {}": "{}: 손상되었습니다({}). {:text}",
    "restore it or train anew": "되돌리거나 다시 학습하세요",
    "restore it, or move it away to serve without": "되돌리거나, 없이 열려면 파일을 옮기세요",
    "{} differs from what the run wrote; restore it, or remove it to go without its curves": (
        "{}: 학습이 쓴 내용과 다릅니다. 되돌리거나, 곡선 없이 보려면 지우세요"
    ),
    "{} is no CSV: {}; restore it, or remove it to go without its curves": (
        "{}: CSV가 아닙니다: {}. 되돌리거나, 곡선 없이 보려면 지우세요"
    ),
    "{} is damaged; {}": "{}: 손상되었습니다. {:text}",
    "{} is of another evaluation than metrics.json; {}": "{}: metrics.json과 다른 평가의 파일입니다. {:text}",
    "delete it and metrics.json, and give the run's command again, which evaluates it anew without training": (
        "이 파일과 metrics.json을 지우고 학습 명령을 다시 실행하세요. 학습하지 않고 다시 평가합니다"
    ),
    "{} and {} name one dataset and answered other videos; train one anew": (
        "{}, {}: 같은 데이터셋인데 답한 영상이 다릅니다. 하나를 다시 학습하세요"
    ),
    "the validation dataset is not here": "검증 데이터셋이 원래 위치에 없습니다",
}

KOREAN_TRAINING_ERRORS = _SETTINGS | _BACKBONES | _FILES | _RUNS
