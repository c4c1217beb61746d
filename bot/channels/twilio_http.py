"""How requests reach Twilio, and what the ones that it refuses mean."""

from __future__ import annotations

import logging
from typing import Any

import httpx
from twilio.http import AsyncHttpClient  # type: ignore[import-untyped]
from twilio.http.response import Response  # type: ignore[import-untyped]

from bot.channels.failures import REFUSED, TWILIO, asked_to_wait, by_status
from domain.messages import SendError


class HttpxClient(AsyncHttpClient):  # type: ignore[misc]
    """Carries the library's requests over httpx: its own client ignores time-outs and hides Retry-After."""

    def __init__(self, base_url: str | None, timeout: float) -> None:
        super().__init__(logging.getLogger("twilio"), is_async=True, timeout=timeout)
        self._base_url = httpx.URL(base_url) if base_url else None
        self._client = httpx.AsyncClient(timeout=timeout)

    async def request(
        self,
        method: str,
        uri: str,
        params: dict[str, Any] | None = None,
        data: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        **_: Any,
    ) -> Response:
        """Make one request; an answer that is not a success rises as SendError."""
        answer = await self._client.request(
            method, self._rebase(uri), params=params, data=data, headers=headers, auth=auth
        )
        if not answer.is_success:
            raise _refusal(answer)
        return Response(answer.status_code, answer.text, dict(answer.headers))

    async def close(self) -> None:
        """Let go of connections."""
        await self._client.aclose()

    def _rebase(self, uri: str) -> httpx.URL:
        url = httpx.URL(uri)
        if self._base_url is None:
            return url
        return url.copy_with(scheme=self._base_url.scheme, host=self._base_url.host, port=self._base_url.port)


def _refusal(answer: httpx.Response) -> SendError:
    """Return what a refused request means; the provider's own words stay out, as they quote the number."""
    code = _error_code(answer)
    if code in TWILIO:
        error = TWILIO[code].error(code)
    elif answer.status_code in (401, 403):
        error = REFUSED.error(code)
    else:
        error = SendError(by_status(answer.status_code), f"{code} HTTP {answer.status_code}")
    if (wait := asked_to_wait(answer)) is not None:
        error.retry_after, error.hold_channel = wait, True
    return error


def _error_code(answer: httpx.Response) -> int:
    try:
        return int(answer.json()["code"])
    except (KeyError, TypeError, ValueError):
        return answer.status_code
