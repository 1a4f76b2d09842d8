"""What a client is told where its request is not answered: a status, a code, and one line in Korean and in English."""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from shards.jpeg_headers import UnreadableImage
from tools.serving.media_kind import describe_kind
from tools.serving.serve_limits import MEGA


class Refusal(Exception):
    """A request that is not answered.

    Args:
        status: of the response.
        code: for programs, such as too_large.
        korean: one line for people.
        english: the same in English; str() of the refusal, which the log has, is this and the detail.
        headers: more headers of the response.
        detail: what the program saw, for the log alone: it is no word for people.
    """

    def __init__(
        self,
        status: HTTPStatus,
        code: str,
        korean: str,
        english: str,
        headers: Mapping[str, str] | None = None,
        detail: str | None = None,
    ) -> None:
        super().__init__(f"{english}: {detail}" if detail else english)
        self.status, self.code, self.korean, self.english = status, code, korean, english
        self.headers = dict(headers or {})

    def as_dict(self) -> dict[str, Any]:
        """As the JSON of the response has it."""
        return {"error": {"code": self.code, "korean": self.korean, "english": self.english}}


def refuse_size(what: str, limit: int) -> Refusal:
    """For a body of more bytes than `limit`; `what` is photo or clip."""
    korean = f"{'사진' if what == 'photo' else '동영상'} 파일이 너무 커요. {limit / MEGA:g} MB까지 볼 수 있어요."
    english = f"the {what} is too large; {limit / MEGA:g} MB are taken"
    return Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large", korean, english)


def refuse_pixels(width: int, height: int, limit: int) -> Refusal:
    korean = f"이미지가 너무 커요({width}x{height}). {limit / MEGA:g} 메가픽셀까지 볼 수 있어요. 줄여서 보내 주세요."
    english = f"{width}x{height} pixels are too many; {limit / MEGA:g} megapixels are taken, make it smaller"
    return Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_many_pixels", korean, english)


def refuse_length(seconds: float) -> Refusal:
    """For a clip of more seconds; what comes before is answered."""
    korean = f"동영상이 길어서 처음 {seconds:g}초만 보았어요."
    english = f"the clip is too long; its first {seconds:g} seconds were judged"
    return Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_long", korean, english)


def refuse_kind(kind: str) -> Refusal:
    """For a file that is neither a photo nor a clip that can be read; see media_kind."""
    return Refusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "kind_unreadable", *describe_kind(kind))


def refuse_damaged(what: str, error: UnreadableImage) -> Refusal:
    korean = f"{'사진' if what == 'photo' else '동영상'}을 읽을 수 없어요. 파일이 깨졌거나 중간에 잘렸어요."
    english = f"the {what} cannot be read: the file is damaged or was cut short"
    return Refusal(HTTPStatus.UNPROCESSABLE_ENTITY, "unreadable", korean, english, detail=str(error))


def refuse_empty() -> Refusal:
    return Refusal(HTTPStatus.BAD_REQUEST, "empty", "빈 파일이에요.", "the body is empty; send the bytes of a file")


def refuse_form() -> Refusal:
    korean = "양식(form)은 받지 않아요. 파일의 바이트를 그대로 보내 주세요."
    english = "forms are not taken; send the file's bytes as the body (curl --data-binary @FILE)"
    return Refusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "form", korean, english)


def refuse_slowness() -> Refusal:
    korean = "파일이 너무 천천히 와서 그만 받았어요. 다시 보내 주세요."
    return Refusal(HTTPStatus.REQUEST_TIMEOUT, "too_slow", korean, "the body came too slowly; send it again")


def refuse_crowd() -> Refusal:
    korean = "지금 사용자가 많아요. 잠시 뒤에 다시 해 주세요."
    english = "too many requests at once; try again in a moment"
    return Refusal(HTTPStatus.SERVICE_UNAVAILABLE, "busy", korean, english, {"retry-after": "2"})


def refuse_host() -> Refusal:
    korean = "이 주소로는 열 수 없어요. 서버를 시작할 때 나온 주소로 열어 주세요."
    english = "the Host of the request is not known here; open the address that the server printed (see --allow_host)"
    return Refusal(HTTPStatus.MISDIRECTED_REQUEST, "host", korean, english)


def refuse_origin() -> Refusal:
    korean = "다른 웹사이트에서 온 요청은 받지 않아요."
    return Refusal(HTTPStatus.FORBIDDEN, "origin", korean, "requests from other sites' pages are not answered")


def refuse_path() -> Refusal:
    return Refusal(HTTPStatus.NOT_FOUND, "no_such_page", "그런 페이지는 없어요.", "there is no such page")


def refuse_method(allowed: Iterable[str]) -> Refusal:
    """For a path that is there, but takes other methods, which are `allowed`."""
    names = ", ".join(sorted(allowed))
    korean = f"이 주소는 {names} 요청만 받아요."
    english = f"this address takes only {names} requests"
    return Refusal(HTTPStatus.METHOD_NOT_ALLOWED, "method", korean, english, {"allow": names})


def refuse_fault() -> Refusal:
    korean = "서버에 문제가 생겼어요. 다른 사진으로 해 보세요."
    english = "a fault of the program; the server's log has a line about it"
    return Refusal(HTTPStatus.INTERNAL_SERVER_ERROR, "fault", korean, english)
