"""The house of the service tests on PostgreSQL: made by the migrations, read from outside by SQL."""

from dataclasses import dataclass
from typing import Any

import psycopg

from models.migrate import upgrade
from tests.fakes.telegram_server import FakeTelegram
from tests.service.running import House


@dataclass
class ServerHouse(House):
    """One data folder whose rows live on a server."""

    database_url: str = ""

    @property
    def url(self) -> str:
        """Give the address of the store."""
        return self.database_url

    def _make_store(self) -> None:
        upgrade(self.url, self.folder, self.now())

    def ask(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Read the store from outside, without the program's own code."""
        with psycopg.connect(self.url.replace("+psycopg", "", 1)) as connection:
            return connection.execute(query.replace("?", "%s").encode(), values).fetchall()

    def settings(self, fake: FakeTelegram | None, **more: str) -> dict[str, str]:
        """Give the environment of the process: this folder and this server."""
        return super().settings(fake, **{"ZHIXING_DATABASE_URL": self.url, **more})
