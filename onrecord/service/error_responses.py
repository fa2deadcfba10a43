"""Errors as problem documents (RFC 9457): what was wrong and the way out, never a traceback."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from onrecord.service.limits import ERRORS, RETRY_SECONDS

MEDIA_TYPE = "application/problem+json"
COME_AGAIN = {"Retry-After": str(RETRY_SECONDS)}  # of every 429 and 503
DETAILS = {  # where the framework has only the status's own words
    400: "the body could not be read: send a JSON object in UTF-8, nested no deeper than /openapi.json asks for",
    404: "there is nothing at this address; /openapi.json lists what there is",
    405: "this address takes other methods; the header Allow names them",
}


class Fault(BaseModel):
    """One thing that is wrong with a body."""

    pointer: str  # JSON Pointer (RFC 6901) into the body, as a fragment: #/texts/3
    detail: str


class Problem(BaseModel):
    """A problem document. about:blank says that the status is all there is to know of its type."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    errors: list[Fault] | None = None  # of a body that was refused; the first ones of many


def problem(
    status: int, detail: str, headers: Mapping[str, str] | None = None, errors: list[Fault] | None = None
) -> Response:
    """The response for a status and what there is to say about it."""
    document = Problem(title=HTTPStatus(status).phrase, status=status, detail=detail, errors=errors).model_dump(
        exclude_none=True
    )
    # ASCII: a name in a body may hold lone surrogates, which UTF-8 has no form for
    return Response(json.dumps(document), status, headers, MEDIA_TYPE)


def handle(app: FastAPI) -> None:
    """Let the framework's own errors be problem documents too."""

    @app.exception_handler(HTTPException)
    async def refused(_: Request, error: HTTPException) -> Response:
        plain = error.detail == HTTPStatus(error.status_code).phrase or error.status_code == 400
        return problem(
            error.status_code, DETAILS.get(error.status_code, error.detail) if plain else error.detail, error.headers
        )

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> Response:
        errors = error.errors()
        if errors[0]["type"] == "json_invalid":
            return problem(400, f"the body is no JSON: {errors[0]['ctx']['error']} at character {errors[0]['loc'][-1]}")
        if any(fault["loc"] == ("body",) and fault["type"] == "model_attributes_type" for fault in errors):
            return problem(422, "the body must be a JSON object, sent with Content-Type: application/json")
        faults = [
            Fault(pointer=_pointer(fault["loc"][1:]), detail=fault["msg"].removeprefix("Value error, "))
            for fault in errors[:ERRORS]
        ]
        more = f", {len(errors) - ERRORS} of them not shown" if len(errors) > ERRORS else ""
        return problem(
            422,
            f"{len(errors)} {'thing' if len(errors) == 1 else 'things'} wrong with the body{more}; see errors",
            errors=faults,
        )


def _pointer(path: Sequence[str | int]) -> str:
    return "#" + "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in path)
