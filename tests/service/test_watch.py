"""Is all well: what the office hears and when, what readyz and metrics say, and what they never say."""

from collections.abc import Mapping
from datetime import timedelta

import pytest

from bot import watch
from bot.app import App
from bot.channels import Health, Message
from bot.errors import later
from models import Inbound, Outbound, outbound
from tests.fakes.channel import FakeChannel
from tests.service.inside import until
from tests.world import PEOPLE, World

NO_OFFSET = timedelta()


@pytest.fixture
def health(world: World) -> Health:
    """A channel whose last good poll was just now."""
    return Health(last_good_poll=world.clock.now())


def look(world: World, healths: Mapping[str, Health]) -> list[str]:
    """Let the watch look once; return the blocks the office is told."""
    world.words.said.clear()
    with world.store.writing() as session:
        now = world.clock.now()
        watch.alert_office(session, world.house, watch.troubles(session, healths, now, now), now)
    return list(world.words.said)


def put_message(world: World, **changes: object) -> None:
    """Put a message into the outbox."""
    now = world.clock.now()
    world.says("lin", "帮助")
    row = world.all(Outbound)[-1]
    with world.store.writing() as session:
        outbound.claim_outbound(session, ["fake"], [], now, now, 9)
        values = {"state": "waiting", **changes}
        assert outbound.settle_outbound(session, row.id, row.fence + 1, values)


def tells_once_in_six_hours(world: World, healths: Mapping[str, Health], block: str) -> None:
    """Check that the office hears of a trouble that goes on at once, and then every six hours."""
    told = [look(world, healths)]
    for _ in range(6):
        world.clock.advance(hours=1)
        told.append(look(world, healths))  # an alert that is not delivered is trouble of its own
    assert [block in one for one in told] == [True, *[False] * 5, True]


class TestAlerts:
    def test_nobody_is_told_while_all_is_well(self, world: World, health: Health) -> None:
        put_message(world)
        world.clock.advance(minutes=9)
        assert look(world, {"fake": health}) == []

    def test_polling_that_stands_still(self, world: World, health: Health) -> None:
        world.clock.advance(minutes=11)
        tells_once_in_six_hours(world, {"fake": health}, "alert__polling")

    def test_who_only_works_says_nothing_of_polls_and_passes_on_what_it_met(self, world: World) -> None:
        health = Health(is_elsewhere=True)
        world.clock.advance(minutes=11)
        assert look(world, {"fake": health}) == []
        health.notices["alert__trusted_ip"] = {"ip": "203.0.113.7"}
        assert look(world, {"fake": health}) == ["alert__trusted_ip"]

    @pytest.mark.parametrize(
        ("block", "facts", "word"),
        [("alert__trusted_ip", {"ip": "203.0.113.7"}, "203.0.113.7"), ("alert__trusted_ip", {"ip": ""}, "企业可信IP"),
         ("alert__app_refused", {"code": 40001}, "40001"), ("alert__app_idle", {}, "停用")],
    )  # fmt: skip
    def test_what_only_the_office_can_mend(self, world: World, health: Health, block, facts, word) -> None:
        health.notices[block] = facts
        assert look(world, {"fake": health}) == [block]
        assert word in world.all(Outbound)[-1].body["plain"]
        health.notices.clear()
        world.clock.advance(hours=7)
        health.last_good_poll = world.clock.now()
        assert block not in look(world, {"fake": health})

    def test_an_outbox_that_stands_still(self, world: World) -> None:
        put_message(world)
        world.clock.advance(minutes=11)
        tells_once_in_six_hours(world, {}, "alert__outbox")

    def test_a_message_that_is_tried_again_and_again_stands_still_too(self, world: World) -> None:
        put_message(world)
        for attempts in range(1, 12):
            row = world.all(Outbound)[0]
            with world.store.writing() as session:
                again = {"attempts": attempts, "not_before": later(world.clock.now(), attempts)}
                outbound.claim_outbound(session, ["fake"], [], later(world.clock.now(), 9), world.clock.now(), 9)
                outbound.settle_outbound(session, row.id, row.fence + 1, {"state": "waiting", **again})
            world.clock.advance(minutes=1)
        assert look(world, {}) == ["alert__outbox"]

    def test_what_was_set_aside(self, world: World) -> None:
        world.engine.faults_expected = True
        world.sends("lin", Message("poison", "lin"))
        assert [row.state for row in world.all(Inbound)] == ["aside"]
        assert look(world, {}) == ["alert__aside"]
        world.clock.advance(hours=7)
        assert "alert__aside" not in look(world, {})

    def test_each_trouble_is_told_of_its_own(self, world: World, health: Health) -> None:
        put_message(world)
        world.clock.advance(minutes=11)
        assert look(world, {"fake": health}) == ["alert__polling", "alert__outbox"]

    def test_only_the_office_hears_of_it_and_no_names(self, world: World, health: Health) -> None:
        put_message(world)
        world.clock.advance(minutes=11)
        seen = max(row.id for row in world.all(Outbound))
        look(world, {"fake": health})
        alerts = [row for row in world.all(Outbound) if row.id > seen]
        assert {row.person_id for row in alerts} == {world.id["he"]}
        assert not any(name in row.body["plain"] for row in alerts for name, *_ in PEOPLE.values())


def ready(world: World, healths: Mapping[str, Health], offset: timedelta = NO_OFFSET) -> tuple[bool, dict]:
    return watch.readiness(world.store, healths, world.clock.now(), offset, world.clock.now())


class TestReadiness:
    def test_all_is_well(self, world: World, health: Health) -> None:
        is_well, checks = ready(world, {"fake": health}, timedelta(hours=2))
        assert is_well
        assert checks == {
            "database": "ok", "oldest_undelivered_seconds": 0, "last_good_poll_seconds": {"fake": 0}, "trouble": {},
            "clock_offset_seconds": 7200,
        }  # fmt: skip

    def test_a_poll_long_ago_is_not_well(self, world: World, health: Health) -> None:
        health.trouble = "unreachable"
        world.clock.advance(minutes=11)
        is_well, checks = ready(world, {"fake": health})
        assert not is_well
        assert (checks["last_good_poll_seconds"], checks["trouble"]) == ({"fake": 660}, {"fake": "unreachable"})

    def test_who_only_works_does_not_poll(self, world: World) -> None:
        world.clock.advance(minutes=11)
        is_well, checks = ready(world, {"fake": Health(is_elsewhere=True)})
        assert (is_well, checks["last_good_poll_seconds"]) == (True, {})

    def test_a_message_that_waits_long_is_not_well(self, world: World) -> None:
        put_message(world)
        world.clock.advance(minutes=11)
        is_well, checks = ready(world, {})
        assert (is_well, checks["oldest_undelivered_seconds"]) == (False, 660)

    @pytest.mark.usefixtures("fast")
    async def test_a_store_that_fails_is_not_well_and_is_told_without_its_words(self, world: World, tmp_path) -> None:
        app = App(world.store, world.clock, b"k" * 32, tmp_path)
        with world.store.writing() as session:
            session.connection().exec_driver_sql("ALTER TABLE outbound RENAME TO gone")
        assert await app.ready() == (False, {"database": "OperationalError"})
        app.writer.close()


@pytest.mark.usefixtures("fast")
async def test_who_only_listens_tells_the_office_what_it_met(world: World, tmp_path) -> None:
    app = App(world.store, world.clock, b"k" * 32, tmp_path)
    app.add_channel(FakeChannel(), Health(notices={"alert__trusted_ip": {"ip": "203.0.113.7"}}))
    app.start(does_listen=True, does_work=False)
    await until(lambda: world.all(Outbound))
    await app.stop()
    assert ["203.0.113.7" in row.body["plain"] for row in world.all(Outbound)] == [True]


def test_metrics_tell_figures_and_nobody(world: World, health: Health) -> None:
    for who in ("lin", "chen"):
        world.says(who, "一句私下的话")
    text = watch.figures(world.store, {"fake": health}, world.clock.now()).decode()
    assert 'zhixing_inbound_rows{state="done"} 2.0' in text
    assert 'zhixing_last_good_poll_seconds{channel="fake"} 0.0' in text
    told = {word for line in text.splitlines() if not line.startswith("#") for word in line.replace('"', " ").split()}
    assert not told & (set(PEOPLE) | {name for name, *_ in PEOPLE.values()} | {str(id) for id in world.id.values()})
    assert "私下" not in text
