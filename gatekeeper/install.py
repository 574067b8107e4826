"""The main story: let a client install, but only what was judged.

Ask the client what it would use; refuse what no gate can see; judge names and the person's own folders; open the gate;
let the fenced client fetch through it, where every file is judged before it is served; and say what became of it.
"""

from __future__ import annotations

import os
import sys
import time
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING

from gatekeeper import managers
from gatekeeper.gate.door import door
from gatekeeper.gate.options import Options
from gatekeeper.managers.fence import Fence
from gatekeeper.managers.hiding import hide
from gatekeeper.managers.running import running
from gatekeeper.model import Release, Ruling, Verdict
from gatekeeper.waivers import waits_for_bytes

__all__ = ["Options", "install"]

if TYPE_CHECKING:
    from collections.abc import Iterator
    from subprocess import Popen

    from gatekeeper.gate.foreign import ForeignSources
    from gatekeeper.gate.session import Session
    from gatekeeper.managers import Client
    from gatekeeper.model import Outcome, Request, Watcher
    from gatekeeper.wish import Wish


def install(request: Request, options: Options, watcher: Watcher) -> Outcome:
    """Run the client behind the gate; nothing that was not judged can reach it.

    Raises `UsageError` for words that make no sense, `UndecidedError` when something of ours fails.
    """
    if not options.plan:
        return run(request, options, watcher)
    planned = run(request, replace(options, rehearsal=True), watcher)
    if planned.ruling > Ruling.ASK or planned.client_exit or not planned.verdicts:
        return planned
    said = watcher.confirm(planned)
    if not said:
        return replace(planned, ruling=Ruling.ASK if said is None else Ruling.BLOCK)
    shown = frozenset(verdict.artifact.sha256 for verdict in planned.verdicts if verdict.artifact)
    return run(request, replace(options, approved=shown), watcher)


def run(request: Request, options: Options, watcher: Watcher) -> Outcome:
    """Run the client once, behind the gate and inside the fence."""
    began = time.monotonic()
    client = managers.client(request, os.environ, rehearsal=options.rehearsal)
    with ExitStack() as things:
        fence = things.enter_context(Fence())
        entrance = door()
        things.callback(entrance.sock.close)
        stdout = sys.stderr.fileno() if options.client_stdout_to_stderr else None
        process = things.enter_context(running(client.start(entrance.address, fence.work, stdout)))
        # The client's process needs a while to load itself; meanwhile we load the rest of ourselves.
        hide()
        from gatekeeper.gate.reader import Reader

        reader = things.enter_context(Reader(options))  # a process is forked before there are threads
        from gatekeeper.gate.control import Control
        from gatekeeper.gate.server import Gate
        from gatekeeper.gate.session import Session

        gate = things.enter_context(Gate(entrance, Control(client.hello)))
        session = things.enter_context(Session(gate, reader, options, fence.folder, watcher))
        return replace(guarded(client, process, fence, session), seconds=time.monotonic() - began)


def guarded(client: Client, process: Popen[bytes], fence: Fence, session: Session) -> Outcome:
    """Ask the client, judge what can be judged beforehand, then let the client fetch what it asked for."""
    gate = session.gate
    question = gate.control.question(process)
    wish = client.wish(question)
    if not wish.gated:  # help, a usage error of the client's, or a verb that only reads
        gate.control.answer({"run": "plain" if wish.verb else "nothing"})
        return replace(session.outcome(process.wait(), ()), gated=False)

    from gatekeeper.gate.foreign import ForeignSources

    foreign = ForeignSources(session, wish, client.ecosystem)
    before = [session.answered(each) for each in session.reader.deepen(judge_beforehand(wish, session, foreign))]
    if any(verdict.ruling is not Ruling.ALLOW for verdict in before):
        gate.control.answer({"run": "nothing"})
        process.wait()
        return replace(session.outcome(None, before), client=wish.client)

    session.open(wish)
    wish = foreign.served()
    gate.control.planned = lambda body: session.decide_planned(client.planned(body), str(body.get("complaint", "")))
    gate.control.begin = lambda body: session.begin(lambda: client.planned(body))
    gate.control.opening, gate.control.refused = session.open_for, session.is_refused
    cage = fence.plan_for(gate.port, wish.writable, session.protected)
    plan = client.plan(wish, gate, session.addresses, fence.work, cage)
    gate.control.answer({**plan, "hooks": session.options.policy.hooks, "held": session.hold(wish)})
    inside, layers = fence.receive(lambda: process.poll() is None)
    gate.move_inside(inside)
    code = process.wait()
    if (
        wish.dry or session.options.rehearsal
    ):  # the client may have fetched nothing: what it names is judged all the same
        session.decide_all(client.rehearsed())
    return replace(session.outcome(code, before), fence=layers, client=wish.client)


def judge_beforehand(wish: Wish, session: Session, foreign: ForeignSources) -> Iterator[Verdict]:
    """Judge what needs no byte of a package: sources no gate can see, names, and the person's own folders."""
    from gatekeeper.gate.sources import secrets_of, speaking_against

    ecosystem = foreign.ecosystem
    for name, notice in wish.ungated:
        yield session.reader.judge_notices(Release(ecosystem, name), (notice,), requested=True)
    for release, notice in speaking_against(wish, session.options.policy):
        yield session.reader.judge_notices(release, (notice,), requested=True)
    for notice in secrets_of(wish):
        session.remarks.append(f"{notice.place} {notice.detail}")
        written_in = Release(ecosystem, notice.place.file if notice.place else "")
        verdict = session.reader.judge_notices(written_in, (notice,), requested=True)
        yield replace(verdict, path=str(notice.place))
    for named in wish.named:
        verdict = session.cases.malware.judge_name(Release(ecosystem, named.name))
        # A question is put later, once, when the code is known too.
        waits = waits_for_bytes(verdict, session.options.policy)
        if verdict.ruling is Ruling.BLOCK and not named.constraint and not waits:
            yield verdict
    for folder in wish.folders:
        yield session.reader.judge_folder(folder.path, Release(ecosystem, folder.path.name), later=True)
    for file in wish.files:
        yield session.judge_file(file.path)
    yield from foreign.judged()
