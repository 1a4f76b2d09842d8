"""Why a picture or a clip is not answered, in Korean. See console.output.language.

A test reads all of these reasons where they arise, and says which has no row.
"""

_REASONS = {
    "empty file": "빈 파일입니다",
    "truncated: no end marker": "파일이 중간에 잘렸습니다(끝 표시가 없음)",
    "truncated: ends before its first scan": "파일이 중간에 잘렸습니다(이미지 데이터가 없음)",
    "truncated: its scan ends before the picture does": "파일이 중간에 잘렸습니다(이미지 데이터가 모자람)",
    "truncated: the PNG has no end": "파일이 중간에 잘렸습니다(PNG의 끝이 없음)",
    "truncated: the WebP is shorter than it states": "파일이 중간에 잘렸습니다(WebP에 적힌 길이보다 짧음)",
    "not a JPEG": "JPEG 파일이 아닙니다",
    "states a size of {}x{}": "이미지 크기가 {}x{} 픽셀이라고 적혀 있습니다",
    "states a size of {}x{}; {}": "이미지 크기가 {}x{} 픽셀이라고 적혀 있습니다. {:text}",
    "states too large a size; {}": "적혀 있는 이미지 크기가 너무 큽니다. {:text}",
    "its scan begins before the frame header": "파일이 손상되었습니다(헤더보다 이미지 데이터가 먼저 나옴)",
    "its scan cannot be decoded": "파일이 손상되어 디코딩할 수 없습니다",
    "{} (SOF{}) cannot be decoded": "디코딩할 수 없는 JPEG입니다: {:text}(SOF{})",
    "{} bits a sample cannot be decoded": "디코딩할 수 없는 JPEG입니다: 샘플당 {}비트",
    "cannot be decoded ({})": "디코딩할 수 없습니다({})",
    "cannot be decoded: damaged or cut off": "디코딩할 수 없습니다. 파일이 손상되었거나 잘렸습니다",
    "a HEIC picture, which cannot be read: save it as JPEG in a viewer, or let the phone's camera make JPEG (iPhone: "
    "Settings, Camera, Formats, Most Compatible)": (
        "HEIC 이미지는 읽을 수 없습니다. 사진 앱에서 JPEG로 저장하거나, 카메라가 JPEG로 찍게 설정하세요(아이폰: 설정, "
        "카메라, 포맷, 높은 호환성)"
    ),
    "{}; JPEG, PNG and WebP can be read, save it as one of them": (
        "{:text}: JPEG, PNG, WebP만 읽을 수 있습니다. 그 가운데 하나로 저장하세요"
    ),
    "no such file": "없는 파일입니다",
    "there is no such file": "없는 파일입니다",
    "no file fits this pattern": "이 패턴에 맞는 파일이 없습니다",
    "a folder without pictures ({})": "이미지가 없는 디렉터리입니다({})",
    "empty file, no video": "빈 파일이라 영상이 없습니다",
    "cut short: no video without its index, which comes last": (
        "파일이 중간에 잘렸습니다(맨 끝의 인덱스가 없어 영상을 읽을 수 없음)"
    ),
    "no video, or none with a frame that can be decoded": "영상이 아니거나, 디코딩할 수 있는 프레임이 없습니다",
    "cut short or damaged: its frames end after {n} of {n} seconds": (
        "파일이 잘렸거나 손상되었습니다. 프레임이 {}초에서 끝납니다(전체 {}초)"
    ),
    "Permission denied": "읽을 권한이 없습니다",
    "Input/output error": "장치에서 읽지 못했습니다",
}

_PARTS = {  # of these reasons; where the file's name holds a colon, a part of it stands before them
    "pictures of 1 to {n} pixels can be read": "1~{} 픽셀인 이미지만 읽을 수 있습니다",
    "arithmetic coding": "산술 부호화",
    "lossless or hierarchical": "무손실 또는 계층형",
    "an AVIF picture or a video": "AVIF 이미지나 동영상",
    "a GIF file": "GIF 파일",
    "a BMP file": "BMP 파일",
    "a TIFF file": "TIFF 파일",
    "a PDF file": "PDF 파일",
    "no picture": "이미지가 아닌 파일",
}

_PASSED_OVER = {
    "inference: {}: passed over {}": "inference: {}: 건너뜀: {:text}",
    "{n} videos in it ({}): give each by its name": "영상 {}개({}). 동영상은 파일마다 이름을 지정하세요",
    "{n} files in it without a picture's name ({})": "이미지 확장자가 아닌 파일 {}개({:list})",
    "{n} without a suffix": "확장자 없는 파일 {}개",
}

_BEHIND_A_NAME = {f"{{}}: {english}": f"{{}}: {korean}" for english, korean in (_REASONS | _PARTS).items()}

KOREAN_PICTURES = _REASONS | _PARTS | _BEHIND_A_NAME | _PASSED_OVER
