"""Logs as lines of JSON or plain text: ids, never words, tokens or names."""

import logging
import re
from typing import Any

import structlog

# A Telegram token, wherever it turns up: libraries put it into the addresses they log.
_TOKEN = re.compile(r"\d{6,}:[A-Za-z0-9_-]{30,}")
LOUD = ("httpx", "httpcore", "telegram", "apscheduler", "uvicorn", "asyncio", "sqlalchemy.engine", "alembic")


def set_up_logs(level: str, is_plain: bool) -> None:
    """Send our logs and those of the libraries to standard error, in one format, with secrets blotted out."""
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso"),
        blot,
    ]
    show: Any = structlog.dev.ConsoleRenderer(colors=False) if is_plain else structlog.processors.JSONRenderer()
    last: list[Any] = [structlog.stdlib.ProcessorFormatter.remove_processors_meta, _without_trace, blot, show]
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=last,
        )
    )
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in LOUD:
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )


def blot(_logger: Any, _method: str, event: dict[str, Any]) -> dict[str, Any]:
    """Replace every token in every value."""
    return {name: _TOKEN.sub("***", value) if isinstance(value, str) else value for name, value in event.items()}


def _without_trace(_logger: Any, _method: str, event: dict[str, Any]) -> dict[str, Any]:
    """Turn a library's traceback into its kind: the message of an exception may hold what somebody wrote."""
    trace = event.pop("exc_info", None)
    if isinstance(trace, tuple) and trace[0] is not None:
        event["error"] = trace[0].__name__
    return event
