"""The two locks install with plain pip, old and new: everything pinned with hashes, and no address."""

import re
from importlib.metadata import PackageNotFoundError, requires
from itertools import chain

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.house import ROOT

LOCKS = ["requirements.lock", "requirements-dev.lock"]
PINNED = re.compile(r"(?m)^([A-Za-z0-9._-]+)(?:\[([^\]]+)\])?==\S+.*?(?=^\S|\Z)", re.DOTALL)


def pins(lock: str) -> dict[str, set[str]]:
    """Return what a lock pins: each package with the extras it is pinned with."""
    found = PINNED.finditer((ROOT / lock).read_text(encoding="utf-8"))
    return {canonicalize_name(one[1]): set((one[2] or "").split(",")) - {""} for one in found}


def wanted_by(package: str, extras: set[str]) -> list[Requirement]:
    """Return what one installed package asks for here, with the extras it was pinned with."""
    try:
        asked = [Requirement(line) for line in requires(package) or ()]
    except PackageNotFoundError:  # of another platform
        return []
    return [r for r in asked if not r.marker or any(r.marker.evaluate({"extra": extra}) for extra in ("", *extras))]


@pytest.mark.parametrize("lock", LOCKS)
def test_every_package_has_its_hashes_and_no_address(lock):
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert all("--hash=sha256:" in one[0] for one in PINNED.finditer(text))
    assert not re.findall(r"(?m)^\S+ @ |://", text)


@pytest.mark.parametrize("lock", LOCKS)
def test_an_extra_that_is_asked_for_is_pinned_too(lock):
    # pip 23 takes the newest release of `coverage[toml]` when only `coverage` is pinned, then refuses it for its hash.
    pinned = pins(lock)
    asked = chain.from_iterable(wanted_by(package, extras) for package, extras in pinned.items())
    missing = {str(r) for r in asked if not r.extras <= pinned.get(canonicalize_name(r.name), set())}
    assert not missing, f"{lock}: compile it with --no-strip-extras: {missing}"


def test_the_dev_lock_holds_the_very_releases_of_the_other():
    base, dev = (
        {
            re.sub(r"\[.*?\]", "", one[0].split()[0])
            for one in PINNED.finditer((ROOT / lock).read_text(encoding="utf-8"))
        }
        for lock in LOCKS
    )
    assert base <= dev, base - dev
