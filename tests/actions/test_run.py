"""Actions are carried out once, whatever fails and whenever the process dies."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import pytest

from sc_spiders.actions.action import Action
from sc_spiders.actions.wire import Limits
from sc_spiders.api.writes import CEILINGS, Write
from sc_spiders.errors import ActionsStopped

from .model import Killed, World, begun, dying, run

LIMITS = Limits(settle=4.0, delay=0.0, first_wait=0.1)


def audio(folder: Path, number: int) -> str:
    path = folder / f"{number}.mp3"
    path.write_bytes(b"x" * number)
    return str(path)


def every_kind(folder: Path) -> list[Action]:
    """45 actions: 15 playlists, 15 uploads, 15 likes. Titles repeat."""
    actions: list[Action] = []
    for number in range(1, 16):
        title = f"Title {number % 5}"
        after = {"title": title, "description": f"d{number}", "sharing": "public"}
        undo = {"do": "delete_playlist", "target": None}
        tracks = [f"soundcloud:tracks:{number}"]
        actions.append(Action(3 * number, "playlist", "playlist", after={**after, "tracks": tracks}, undo=undo))
        file = audio(folder, number)
        actions.append(Action(3 * number + 1, "upload", "track", file=file, bytes=number, after=after))
        target = f"soundcloud:tracks:{number}"
        actions.append(Action(3 * number + 2, "like", "track", target, before={"liked": False}, after={"liked": True}))
    return actions


def one(do: str, target: str | None = None, kind: str = "track", **given: object) -> Action:
    return Action(1, do, kind, target, **given)  # type: ignore[arg-type]


def ended(folder: Path, world: World, limits: Limits = LIMITS) -> tuple[str, list[Action]]:
    return asyncio.run(run(folder, world, limits))


@pytest.mark.parametrize("seed", range(6))
def test_nothing_is_doubled_or_lost_however_often_the_process_is_killed(tmp_path: Path, seed: int) -> None:
    dice = random.Random(seed)

    def fault(write: Write) -> str | None:
        drawn = dice.random()
        return "before" if drawn < 0.06 else "after" if drawn < 0.12 else None

    world = World(lag=2.0, fault=fault)
    begun(tmp_path, every_kind(tmp_path))
    die, kills = dying(0.08, seed), 0
    while True:
        world.now += dice.random() * 6
        try:
            reason, actions = asyncio.run(run(tmp_path, world, LIMITS, die))
        except Killed:
            kills += 1
            continue
        if reason == "finished":
            break
        assert reason in ("wait", "incomplete")
    assert kills
    assert Counter(action.status for action in actions) == {"done": 45}
    assert len(world.made("playlist")) == len(world.made("track")) == 15
    assert sorted(one["description"] for one in world.made("playlist")) == sorted(f"d{n}" for n in range(1, 16))
    assert all(one["sharing"] == "public" for one in world.objects.values())
    assert len(world.relations) == 15


def test_a_double_is_private_and_marked_and_named(tmp_path: Path) -> None:
    """The lists lag for longer than the settle time: what was made is not found, and made again."""
    faults = iter(["after"])
    world = World(lag=11.0, fault=lambda write: next(faults, None) if write.makes else None)
    begun(tmp_path, [one("playlist", kind="playlist", key="best", after={"title": "Best", "sharing": "public"})])
    reason, actions = ended(tmp_path, world)
    assert reason == "incomplete"
    first, double = actions
    assert (first.status, double.status, double.error, double.key) == ("done", "in_doubt", "double", "best")
    assert double.target != first.target
    assert double.target
    found = world.objects[double.target]
    assert found["sharing"] == "private"
    assert found["description"] == first.marker == double.marker
    del world.objects[double.target]
    reason, actions = ended(tmp_path, world)
    assert reason == "finished"


def test_a_double_that_shows_itself_after_the_run_is_told_of_then_and_named_by_the_next(tmp_path: Path) -> None:
    faults = iter(["after"])
    world = World(lag=40.0, fault=lambda write: next(faults, None) if write.makes else None)
    begun(tmp_path, [one("playlist", kind="playlist", key="best", after={"title": "Best", "sharing": "public"})])
    reason, (first,) = ended(tmp_path, world)
    assert (reason, first.status, first.error) == ("incomplete", "in_doubt", "asked_twice")
    assert first.marker
    assert first.marker in (first.message or "")
    world.now += 60.0
    reason, (first, double) = ended(tmp_path, world)
    assert (reason, first.status, double.status, double.error) == ("incomplete", "done", "in_doubt", "double")
    del world.objects[double.target or ""]
    assert ended(tmp_path, world)[0] == "finished"
    assert len(world.writes) == 3  # two creations, and the final state of one


@pytest.mark.parametrize("is_killed", [False, True])
def test_an_upload_that_takes_long_is_looked_for_after_its_end(tmp_path: Path, is_killed: bool) -> None:
    """The settle time does not begin with the sending: that would be over before the file has arrived."""
    faults = iter(["after"])

    def fault(write: Write) -> str | None:
        if write.name == "make_track":
            world.now += 400.0
            return next(faults, None)
        return None

    world = World(lag=6.0, fault=fault)
    moments = iter([False, is_killed])  # before the work, and after it

    def dies() -> None:
        if next(moments, False):
            raise Killed

    begun(tmp_path, [one("upload", file=audio(tmp_path, 2), bytes=2, after={"title": "Show", "sharing": "public"})])
    with suppress(Killed):
        asyncio.run(run(tmp_path, world, LIMITS, dies))
    assert ended(tmp_path, world)[0] == "finished"
    assert len(world.made("track")) == 1


def test_what_was_asked_for_twice_and_is_there_once_is_done_by_the_next_run(tmp_path: Path) -> None:
    faults = iter(["before"])
    world = World(lag=2.0, fault=lambda write: next(faults, None) if write.makes else None)
    begun(tmp_path, [one("playlist", kind="playlist", after={"title": "Best", "sharing": "public"})])
    assert ended(tmp_path, world)[0] == "incomplete"
    for _ in range(2):
        reason, (action,) = ended(tmp_path, world)
        assert (reason, action.status, len(world.made("playlist"))) == ("finished", "done", 1)


def test_what_shows_itself_after_all_attempts_is_taken_up(tmp_path: Path) -> None:
    """Each attempt is lost, and lists lag for longer than all of them take."""
    limits = Limits(settle=4.0, delay=0.0, first_wait=0.1, attempts=1)
    world = World(lag=17.0, fault=lambda write: "after" if write.makes else None)
    begun(tmp_path, [one("playlist", kind="playlist", after={"title": "Best", "sharing": "public"})])
    reason, (action,) = ended(tmp_path, world, limits)
    assert (reason, action.status, action.target) == ("incomplete", "in_doubt", None)
    world.now += 60.0
    for _ in range(2):
        reason, (action,) = ended(tmp_path, world, limits)
    assert (reason, action.status, len(world.made("playlist"))) == ("finished", "done", 1)


def test_what_is_taken_and_not_kept_is_never_done(tmp_path: Path) -> None:
    world = World(unkept=True)
    begun(tmp_path, [one("like", "soundcloud:tracks:1", after={"liked": True})])
    for sent in (1, 2, 2):  # a later run sends it again, once
        reason, (action,) = ended(tmp_path, world)
        assert (reason, action.status, len(world.writes)) == ("incomplete", "accepted", sent)
    world.relations["like soundcloud:tracks:1"] = 0
    assert ended(tmp_path, world)[0] == "finished"
    assert len(world.writes) == 2


@pytest.mark.parametrize("fault", [400, 404, 422])
def test_a_refusal_is_told_in_the_apis_own_words_and_the_others_go_on(tmp_path: Path, fault: int) -> None:
    faults = iter([fault])
    world = World(fault=lambda write: next(faults, None))
    actions = [one("like", f"soundcloud:tracks:{n}", after={"liked": True}) for n in (1, 2)]
    actions[1].number = 2
    begun(tmp_path, actions)
    reason, (first, second) = ended(tmp_path, world)
    assert (reason, first.status, second.status) == ("incomplete", "refused", "done")
    assert (first.http_status, first.message) == (fault, "the API's own words")


def test_a_conflict_is_already_so_only_if_it_reads_so(tmp_path: Path) -> None:
    world = World(fault=lambda write: 409)
    world.relations["repost soundcloud:tracks:1"] = 0
    actions = [one("repost", f"soundcloud:tracks:{n}", after={"reposted": True}) for n in (1, 2)]
    actions[1].number = 2
    begun(tmp_path, actions)
    _, (first, second) = ended(tmp_path, world)
    assert (first.status, second.status) == ("already", "refused")


@pytest.mark.parametrize("refusal", [409, 404])
def test_what_was_done_by_a_lost_sending_is_not_refused_because_the_next_one_is(tmp_path: Path, refusal: int) -> None:
    """The list shows it only after both."""
    faults: Iterator[str | int] = iter(("after", refusal))
    world = World(lag=3.0, fault=lambda write: next(faults, None))
    begun(tmp_path, [one("repost", "soundcloud:tracks:1", after={"reposted": True})])
    reason, (action,) = ended(tmp_path, world)
    assert (reason, action.status, len(world.writes)) == ("finished", "done", 2)


def test_401_with_a_good_token_sends_the_body_once_and_three_end_the_run(tmp_path: Path) -> None:
    world = World(fault=lambda write: 401)
    file = audio(tmp_path, 3)
    actions = [one("upload", file=file, bytes=3, after={"title": f"t{n}"}) for n in range(4)]
    for number, action in enumerate(actions, 1):
        action.number = number
    begun(tmp_path, actions)
    with pytest.raises(ActionsStopped, match="api#562") as stopped:
        ended(tmp_path, world)
    assert stopped.value.reason == "credentials"
    assert len(world.writes) == 3


def test_405_switches_a_write_off_for_the_run(tmp_path: Path) -> None:
    world = World(fault=lambda write: 405)
    actions = [one("like", f"soundcloud:tracks:{n}", after={"liked": True}) for n in range(1, 7)]
    for number, action in enumerate(actions, 1):
        action.number = number
    begun(tmp_path, actions)
    _, found = ended(tmp_path, world)
    assert {action.status for action in found} == {"refused"}
    assert len(world.writes) == 3


def test_what_was_not_sent_waits_and_is_sent_again(tmp_path: Path) -> None:
    faults = iter(("refused", 429, "refused"))
    world = World(fault=lambda write: next(faults, None))
    begun(tmp_path, [one("comment", "soundcloud:tracks:1", after={"body": "Nice"})])
    reason, (action,) = ended(tmp_path, world)
    assert (reason, action.status, action.attempts, len(world.comments)) == ("finished", "done", 4, 1)


@pytest.mark.parametrize(("fault", "status"), [("after", "done"), ("before", "in_doubt")])
def test_a_comment_in_doubt_is_looked_for_and_never_sent_again(tmp_path: Path, fault: str, status: str) -> None:
    world = World(fault=lambda write: fault)
    begun(tmp_path, [one("comment", "soundcloud:tracks:1", after={"body": "Nice"})])
    for _ in range(2):
        _, (action,) = ended(tmp_path, world)
        assert action.status == status
    assert len(world.writes) == 1


def test_ceilings_hold_over_runs_and_job_directories(tmp_path: Path) -> None:
    world = World()
    actions = [one("like", f"soundcloud:tracks:{n}", after={"liked": True}) for n in range(1, 251)]
    for number, action in enumerate(actions, 1):
        action.number = number
    begun(tmp_path, actions)
    reason, found = ended(tmp_path, world)
    assert reason == "wait"
    assert Counter(action.status for action in found) == {"done": 200, "waiting": 50}
    assert "go on after" in (found[-1].message or "")
    (tmp_path / "actions.sqlite").unlink()  # another job; the ledger stays
    for action in actions:
        action.status = "planned"
    begun(tmp_path, actions[200:])
    assert ended(tmp_path, world)[0] == "wait"
    assert len(world.writes) == 200
    world.now += 86_400
    assert ended(tmp_path, world)[0] == "finished"
    assert len(world.writes) == 250


def test_writes_are_spaced(tmp_path: Path) -> None:
    world = World()
    actions = [one("like", f"soundcloud:tracks:{n}", after={"liked": True}) for n in (1, 2, 3)]
    for number, action in enumerate(actions, 1):
        action.number = number
    begun(tmp_path, actions)
    ended(tmp_path, world, Limits())
    times = [at for at, _ in world.writes]
    assert all(later - earlier >= 5 for earlier, later in pairwise(times))


def test_what_somebody_else_changed_is_stale(tmp_path: Path) -> None:
    world = World(objects={"soundcloud:tracks:1": {"urn": "soundcloud:tracks:1", "title": "Theirs"}})
    begun(tmp_path, [one("track", "soundcloud:tracks:1", before={"title": "Old"}, after={"title": "New"})])
    reason, (action,) = ended(tmp_path, world)
    assert (reason, action.status, world.writes) == ("incomplete", "stale", [])


def test_what_somebody_else_changes_while_it_waits_is_stale(tmp_path: Path) -> None:
    track = {"urn": "soundcloud:tracks:1", "title": "Old"}

    def fault(write: Write) -> int:
        track["title"] = "Theirs"
        return 429

    world = World(objects={"soundcloud:tracks:1": track}, fault=fault)
    begun(tmp_path, [one("track", "soundcloud:tracks:1", before={"title": "Old"}, after={"title": "New"})])
    reason, (action,) = ended(tmp_path, world)
    assert (reason, action.status, len(world.writes)) == ("incomplete", "stale", 1)


def test_it_waits_for_its_moment(tmp_path: Path) -> None:
    world = World(objects={"soundcloud:tracks:1": {"urn": "soundcloud:tracks:1", "title": "Old"}})
    action = one("track", "soundcloud:tracks:1", before={"title": "Old"}, after={"title": "New"})
    action.not_before = "2030-01-01T00:00:00Z"
    begun(tmp_path, [action])
    assert ended(tmp_path, world)[0] == "wait"
    assert world.writes == []
    world.now = 1_900_000_000
    assert ended(tmp_path, world)[0] == "finished"


def test_a_playlist_takes_what_was_uploaded_before(tmp_path: Path) -> None:
    world = World()
    upload = one("upload", key="show", file=audio(tmp_path, 2), bytes=2, after={"title": "Show"})
    playlist = Action(2, "playlist", "playlist", after={"title": "Shows", "tracks": ["@show"]})
    begun(tmp_path, [upload, playlist])
    _, (track, shows) = ended(tmp_path, world)
    assert shows.target
    assert world.objects[shows.target]["tracks"] == [{"urn": track.target}]
    assert shows.status == "done"


def test_every_class_of_writes_has_its_ceiling() -> None:
    assert max(CEILINGS.values()) <= 300
