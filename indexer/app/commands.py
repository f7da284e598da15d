"""What does each command do with a pipeline, and what does it print? The same in a shell and in the daemon."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from indexer.app import building, keeping
from indexer.catalogue.at_path import items_at
from indexer.errors import AlreadyWatched, Damaged, IndexerError, Reason, UserError
from indexer.links import spool
from indexer.pipeline.look import Priority
from indexer.pipeline.pipeline import Pipeline
from indexer.pipeline.report import PassReport
from indexer.settings import Settings
from indexer.state import places, requests
from indexer.state.lock import hold, read_holder
from indexer.state.requests import Reply, Request

WAIT_FOR_OTHER_S = 3600.0
LINKS_WAIT_S = 0.5
Progress = Callable[[int, int, str], None]
"""Called with (done, total, current path) while work goes on."""


def run_command(
    folder: Path, settings: Settings, request: Request, progress: Progress | None = None
) -> Reply:
    """Do `request`, or have the running watcher do it; raise UserError if it can't be done."""
    if request.command == "scan":
        state = places.register(folder, settings)
    else:
        state = places.require_state(folder, settings)
    until = time.monotonic() + WAIT_FOR_OTHER_S
    while True:
        try:
            with hold(state, request.command), building.open_pipeline(folder, settings) as pipeline:
                return perform(pipeline, state, request, progress, between=lambda: None)
        except AlreadyWatched:
            holder = read_holder(state)
            if holder and holder.command == "watch":
                reply = requests.ask(state, request, lambda: read_holder(state) is not None)
                if reply is not None:
                    return reply
            elif time.monotonic() > until:
                raise
            time.sleep(0.2)


def perform(
    pipeline: Pipeline, state: Path, request: Request, progress: Progress | None, between: Callable[[], None]
) -> Reply:
    """Do `request` and return what to print; `between` is called after each turn of longer work.

    Raise Damaged if the state is not as it was written: the caller repairs it by opening it again.
    """
    try:
        return _COMMANDS[request.command](pipeline, state, request.arguments, progress, between)
    except Damaged:
        raise
    except IndexerError as error:
        return Reply(2, err=str(error))


_Arguments = tuple[str, ...]
_Between = Callable[[], None]


def _scan(
    pipeline: Pipeline, _state: Path, arguments: _Arguments, progress: Progress | None, between: _Between
) -> Reply:
    if "--links" in arguments:
        _require_links(pipeline)
    report = pipeline.run_pass(
        accept_removals="--accept-removals" in arguments, progress=progress, between=between
    )
    if report.held_back:
        return Reply(2, err=pipeline.guard_message())
    if "--links" in arguments:
        _check_links(pipeline, between)
    return Reply(0, summary(report))


def _links(
    pipeline: Pipeline, _state: Path, arguments: _Arguments, _progress: Progress | None, between: _Between
) -> Reply:
    _require_links(pipeline)
    if "--all" in arguments:
        with pipeline.catalogue.writing():
            pipeline.catalogue.links.want_all()
    _check_links(pipeline, between)
    states = Counter(link.health.state for link in pipeline.catalogue.links.told(pipeline.clock.now()))
    said = ", ".join(f"{count:,} {state}" for state, count in sorted(states.items()))
    hint = "; `indexer links --broken` lists those that fail" if {"failing", "gone"} & states.keys() else ""
    return Reply(0, f"{said or 'there are no links'}{hint}")


def _require_links(pipeline: Pipeline) -> None:
    if not pipeline.settings.links.fetch:
        raise UserError(
            "links are not read: set `links.fetch = true` in the settings, hosts then learn that somebody reads their pages"
        )


def _check_links(pipeline: Pipeline, between: _Between) -> None:
    """Check links until none is due any more, then publish."""
    while pipeline.check_links(LINKS_WAIT_S, is_asked=True):
        pipeline.turn(recognising=False)  # what somebody saves meanwhile waits for no link
        between()
    pipeline.publish()


def summary(report: PassReport) -> str:
    """Return the line that ends a scan."""
    parts = [
        f"{count} {word}"
        for count, word in (
            (report.added, "new"),
            (report.changed, "changed"),
            (report.moved, "moved"),
            (report.removed, "removed"),
        )
        if count
    ]
    failed = f"; {report.failed} can't be read (`indexer failed` lists them)" if report.failed else ""
    return f"{_count(report.total, 'item')}: {', '.join(parts) or 'nothing new'}, in {report.took_s:.1f} s{failed}"


def _count(number: int, word: str) -> str:
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def _retry(
    pipeline: Pipeline, _state: Path, arguments: _Arguments, progress: Progress | None, between: _Between
) -> Reply:
    if arguments:
        ids = [
            item_id for path in arguments for item_id in items_at(pipeline.catalogue, pipeline.folder, path)
        ]
    else:
        failed = {
            failure.path
            for failure in pipeline.catalogue.failures.told(everything=True)
            if failure.reason is not Reason.TRUNCATED
        }
        ids = [item_id for path in failed for item_id in pipeline.catalogue.files.at(path)]
    with pipeline.catalogue.writing():
        for item_id in ids:
            pipeline.catalogue.queue.want(item_id, Priority.RETRY)
    pipeline.work_off(progress, between)
    pipeline.publish()
    left = len(pipeline.catalogue.failures.told(everything=False))
    return Reply(0, f"{_count(len(ids), 'item')} tried again; {left or 'none'} can't be read")


def _rebuild(
    pipeline: Pipeline, state: Path, _arguments: _Arguments, _progress: Progress | None, _between: _Between
) -> Reply:
    building.rebuild(pipeline, state)
    return Reply(0, f"index and page rebuilt from {_count(pipeline.catalogue.items.count(), 'item')}")


def _publish(
    pipeline: Pipeline, _state: Path, _arguments: _Arguments, _progress: Progress | None, _between: _Between
) -> Reply:
    delivery = pipeline.publish()
    if delivery is None:
        return Reply(0, "the settings say that there is no page (page.enabled)")
    return Reply(0, f"page: {delivery.page}", "\n".join(delivery.problems))


def _forget(
    pipeline: Pipeline, state: Path, arguments: _Arguments, _progress: Progress | None, _between: _Between
) -> Reply:
    ids = [item_id for path in arguments for item_id in items_at(pipeline.catalogue, pipeline.folder, path)]
    pipeline.forget(ids)
    keeping.drop_unused(state, pipeline.catalogue)
    spool.clear(state / places.FETCHED)
    return Reply(0, f"{_count(len(ids), 'item')} forgotten until changed")


_COMMANDS = {
    "scan": _scan, "retry": _retry, "rebuild": _rebuild, "publish": _publish, "forget": _forget, "links": _links,
}  # fmt: skip
