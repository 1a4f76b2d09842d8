"""The errors of stores and of several hosts, in Korean. See console.output.korean.call_errors."""

_URLS = {
    "{}: names no host; give {}://NAME/FOLDER": "{}: 호스트 이름이 없습니다. 다음 형식으로 지정하세요: {}://NAME/FOLDER",
    "{}: names no bucket; give {}://NAME/FOLDER": "{}: 버킷 이름이 없습니다. 다음 형식으로 지정하세요: {}://NAME/FOLDER",
    "{}://{}: a password in a URL is seen by everyone on this machine; leave it out, and give it as docs/storage.md "
    "says": (
        "{}://{}: URL에 쓴 비밀번호는 이 컴퓨터의 모든 사용자가 볼 수 있습니다. 빼고 docs/storage.ko.md에 있는 "
        "방법으로 지정하세요"
    ),
    "{}: has . or .. in its path; write the path without them": "{}: 경로에 .이나 ..이 있습니다. 빼고 지정하세요",
    "{}: a CSV is not read from a URL; copy it and its pictures to this machine": (
        "{}: CSV는 URL에서 읽지 않습니다. 이미지와 함께 이 컴퓨터에 복사하세요"
    ),
}

# What a store answers, behind the URL.
_ANSWERS = {
    "no such bucket": "없는 버킷입니다",
    "no such file or folder": "없는 경로입니다",
    "no access": "접근 권한이 없습니다",
    "no access: {}": "접근 권한이 없습니다({})",
    "not all bytes arrived": "일부 바이트가 도착하지 않았습니다",
    "{} of {} bytes arrived": "{1}바이트 가운데 {0}바이트만 도착했습니다",
    "no answer, or none that helps ({})": "쓸 수 있는 응답이 없습니다({})",
    "the server refuses this user's keys; see that `ssh` and `sftp` reach it without a password": (
        "서버가 이 사용자의 키를 받지 않습니다. `ssh`와 `sftp`가 비밀번호 없이 접속되는지 확인하세요"
    ),
    "the server's key is not the one in ~/.ssh/known_hosts": "서버의 키가 ~/.ssh/known_hosts에 있는 것과 다릅니다",
    "the server's key is not in ~/.ssh/known_hosts; connect to it once by `ssh`": (
        "서버의 키가 ~/.ssh/known_hosts에 없습니다. `ssh`로 한 번 접속하세요"
    ),
}

_SOURCES = {
    "source {} and source {} are the same; name each once": ("원본 {}, 원본 {}: 같은 원본입니다. 한 번씩만 지정하세요"),
    "source {} holds nothing; give a folder that holds label JSON and frames, a .zip, a .tar, a .csv or a COCO .json": (
        "원본 {}: 비어 있습니다. 라벨 JSON과 프레임이 있는 디렉터리, .zip, .tar, .csv, COCO .json 가운데 하나를 "
        "지정하세요"
    ),
}

_UPLOADS = {
    "{}: names no folder; give one, such as {}pets": "{}: 디렉터리 이름이 없습니다. 다음처럼 지정하세요: {}pets",
    "{}: a dry run leaves nothing in a store; give the folder that it named at its end": (
        "{}: 드라이 런은 URL에 아무것도 남기지 않습니다. 드라이 런이 끝에 알려 준 디렉터리를 지정하세요"
    ),
    "{}: {} bytes instead of {}; does another run write there?": (
        "{0}: {2}바이트여야 하는데 {1}바이트입니다. 다른 실행이 여기에 쓰고 있는지 확인하세요"
    ),
    "{} was changed while this run uploaded; see that no other run writes there, and run the same command again": (
        "{}: 올리는 동안 바뀌었습니다. 여기에 쓰는 다른 실행이 없는지 확인하고 같은 명령을 다시 실행하세요"
    ),
}

_CACHE = {
    "cache {}: keeps shards of URLs, and the data lies here; leave it out": (
        "cache {}: URL의 샤드를 두는 곳인데 데이터가 이 컴퓨터에 있습니다. 빼세요"
    ),
    "--cache {}: {}; give a folder that can be written": "--cache {}: {:text}. 쓸 수 있는 디렉터리를 지정하세요",
    "cache_gb {} is too small for {}, of which {} shards have to fit; give --cache_gb {} or more": (
        "cache_gb {}: 너무 작습니다. {}의 샤드가 {}개는 들어가야 하니 다음 값 이상을 지정하세요: --cache_gb {}"
    ),
    "{}: {} GB are free, and {} GB may be taken for shards of {}; give a smaller --cache_gb, or --cache on another "
    "disk": (
        "{0}: 여유 공간은 {1} GB인데 {3}의 샤드에 최대 {2} GB가 필요합니다. --cache_gb를 줄이거나 다른 디스크의 "
        "--cache를 지정하세요"
    ),
}

_HOSTS = {
    "host {n} of {n} ({})": "호스트 {1}대 중 {0}번째({2})",
    "{} names {} hosts and hosts is {}; give --hosts {}": (
        "{}: 호스트가 {}대인데 hosts는 {}입니다. 다음과 같이 지정하세요: --hosts {}"
    ),
    "{} does not say which hosts there are and which of them this is; such as {}": (
        "{}: 어떤 호스트들이 있고 이 호스트가 그중 어느 것인지 알 수 없습니다. 예: {}"
    ),
    "cannot listen at {}: {}; give another port in TF_CONFIG": (
        "{}: 이 주소로는 연결을 받을 수 없습니다: {:text}. TF_CONFIG에 다른 포트를 지정하세요"
    ),
    "{} has other settings, data, versions or another kind of device than this one; start the same command on all "
    "hosts": (
        "{:text}: 설정, 데이터, 버전 또는 장치의 종류가 이 호스트와 다릅니다. 모든 호스트에서 같은 명령을 실행하세요"
    ),
    "{} did not come within {} s; start it as well": "{:text}: {}초 안에 연결되지 않았습니다. 그 호스트도 시작하세요",
    "{} is gone, or has lost another host; run the same command on all hosts again, it goes on from there": (
        "{:text}: 연결이 끊겼거나 다른 호스트를 잃었습니다. 모든 호스트에서 같은 명령을 다시 실행하면 그 지점부터 "
        "이어서 합니다"
    ),
    "{} has said nothing for {} s; run the same command on all hosts again, it goes on from there": (
        "{:text}: {}초 동안 응답이 없습니다. 모든 호스트에서 같은 명령을 다시 실행하면 그 지점부터 이어서 합니다"
    ),
    "{} is gone, or has lost another host; run the same command again, it goes on from there": (
        "{:text}: 연결이 끊겼거나 다른 호스트를 잃었습니다. 같은 명령을 다시 실행하면 그 지점부터 이어서 합니다"
    ),
    "{} has said nothing for {} s; run the same command again, it goes on from there": (
        "{:text}: {}초 동안 응답이 없습니다. 같은 명령을 다시 실행하면 그 지점부터 이어서 합니다"
    ),
    "{} has hung, it has had no pulse for {} s; run the same command again, it goes on from there": (
        "{:text}: {}초 동안 신호가 없어 멈춘 것으로 봅니다. 같은 명령을 다시 실행하면 그 지점부터 이어서 합니다"
    ),
    "{} has hung, it has had no pulse for {} s; run the same command on all hosts again, it goes on from there": (
        "{:text}: {}초 동안 신호가 없어 멈춘 것으로 봅니다. 모든 호스트에서 같은 명령을 다시 실행하면 그 지점부터 "
        "이어서 합니다"
    ),
    "host {n} of {n} was killed, or its node was lost": (
        "호스트 {1}대 중 {0}번째가 강제 종료되었거나 그 노드를 잃었습니다"
    ),
    "host {n} of {n} was killed, or its node was lost; run the same command again, it goes on from there": (
        "호스트 {1}대 중 {0}번째가 강제 종료되었거나 그 노드를 잃었습니다. 같은 명령을 다시 실행하면 그 지점부터 "
        "이어서 합니다"
    ),
    "host {n} of {n} ended with status {n}: {}": "호스트 {1}대 중 {0}번째가 종료 코드 {2}로 끝났습니다: {3:text}",
    "host {n} of {n} ended with status {n}: {}; run the same command again, it goes on from there": (
        "호스트 {1}대 중 {0}번째가 종료 코드 {2}로 끝났습니다: {3:text}. 같은 명령을 다시 실행하면 그 지점부터 "
        "이어서 합니다"
    ),
    "this node has no {}, in which the command was called; call it in a folder that all share": (
        "이 노드에는 명령을 실행한 디렉터리({})가 없습니다. 모든 노드가 공유하는 디렉터리에서 실행하세요"
    ),
    "the Ray cluster at {} has no room for {} hosts, or cannot be used: {}": (
        "Ray 클러스터 {}: 호스트 {}대를 둘 자리가 없거나 쓸 수 없습니다: {}"
    ),
    "a local Ray has no room for {} hosts, or cannot be used: {}": (
        "이 컴퓨터의 Ray: 호스트 {}대를 둘 자리가 없거나 쓸 수 없습니다: {}"
    ),
    "hosts {}: an epoch has only {} frames; train on fewer hosts": (
        "hosts {}: 한 에폭의 프레임이 {}장뿐입니다. 호스트 수를 줄이세요"
    ),
    "hosts {}: only the TensorFlow backend trains on several": (
        "hosts {}: 여러 호스트에서는 TensorFlow 백엔드로만 학습합니다"
    ),
    "hosts {} with devices {}: each host trains on one device": (
        "hosts {}, devices {}: 호스트마다 장치 하나로만 학습합니다. 둘 중 하나를 빼세요"
    ),
    "hosts {} with a CSV: make a dataset of it first, see python -m preprocess": (
        "hosts {}: CSV로는 학습할 수 없습니다. 먼저 python -m preprocess로 데이터셋을 만드세요"
    ),
    "hosts {} with overfit: that needs one host; leave one of them out": (
        "hosts {}: overfit은 호스트 하나에서만 됩니다. 둘 중 하나를 빼세요"
    ),
    "{} is trained on one host; leave --hosts out": "{}: 호스트 하나에서만 학습합니다. --hosts를 빼세요",
}

KOREAN_REMOTE_ERRORS = _URLS | _ANSWERS | _SOURCES | _UPLOADS | _CACHE | _HOSTS
