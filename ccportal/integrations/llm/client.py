"""Asks a language model one question: ``POST {LLM_URL}/chat/completions``, as OpenAI defined it.

Stateless: every question carries all there is to know, nothing is kept between customers (D-109). No tools. The key
goes in a header, to the configured address and nowhere else (D-111). One question takes ``LLM_TIMEOUT_SECONDS`` at
most, however slowly it is answered.
"""

import time
from typing import TYPE_CHECKING

from django.conf import settings
from pydantic import ValidationError

from ccportal.integrations.addresses import address_is_safe
from ccportal.integrations.llm.breaker import Breaker
from ccportal.integrations.llm.schemas import Completion

if TYPE_CHECKING:
    from openai import OpenAI

MAX_ANSWER = 64 * 1024
MAX_TOKENS = 800
breaker = Breaker()


class LlmFault(Exception):
    """No usable answer; the text names the reason, never what was asked or answered."""


def is_set_up() -> bool:
    return bool(settings.LLM_URL and settings.LLM_MODEL)


def ask(system: str, user: str) -> str:
    """The model's words. ``LlmFault`` when there are none, and at once while the model is known to be down."""
    if not breaker.may_ask():
        raise LlmFault("the language model failed too often; it is left alone for a while")
    try:
        words = _asked(system, user)
    except LlmFault:
        breaker.failed()
        raise
    breaker.succeeded()
    return words


def _client() -> "OpenAI":
    # Half a second to import, and most installations have no model.
    import httpx2
    from openai import OpenAI

    if not address_is_safe(settings.LLM_URL):
        raise LlmFault("LLM_URL is not an https:// address")
    return OpenAI(
        base_url=settings.LLM_URL,
        api_key=settings.LLM_API_KEY or "none",
        max_retries=0,
        timeout=settings.LLM_TIMEOUT_SECONDS,
        http_client=httpx2.Client(follow_redirects=False, trust_env=False, timeout=settings.LLM_TIMEOUT_SECONDS),
    )


def _asked(system: str, user: str) -> str:
    client = _client()
    from httpx2 import HTTPError
    from openai import APIStatusError, OpenAIError

    deadline = time.monotonic() + settings.LLM_TIMEOUT_SECONDS
    try:
        with (
            client,
            client.chat.completions.with_streaming_response.create(
                model=settings.LLM_MODEL,
                messages=[{"role": "system", "content": system}, {"role": "user", "content": user}],
                temperature=0,
                max_tokens=MAX_TOKENS,
            ) as response,
        ):
            if response.status_code != 200:
                raise LlmFault(f"the language model answered with status {response.status_code}")
            body = b""
            for part in response.iter_bytes():
                body += part
                if len(body) > MAX_ANSWER:
                    raise LlmFault("the language model's answer is too long")
                if time.monotonic() > deadline:
                    raise LlmFault("the language model is too slow")
    except APIStatusError as error:
        raise LlmFault(f"the language model answered with status {error.status_code}") from None
    except (OpenAIError, HTTPError, OSError) as error:
        raise LlmFault(f"the language model does not answer: {type(error).__name__}") from None
    return _words(body)


def _words(body: bytes) -> str:
    try:
        choice = Completion.model_validate_json(body).choices[0]
    except ValidationError:
        raise LlmFault("the language model's answer is not as agreed") from None
    if choice.finish_reason == "length":
        raise LlmFault("the language model did not finish its answer")
    return choice.message.content
