"""`make demo`: the whole life of a deployment on the embedded AWS; leaves no process behind."""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import shutil
import signal
import sys
from pathlib import Path
from types import FrameType

from demo.embedded import ROOT, EmbeddedAws, EmbeddedError
from demo.say import Teller
from demo.story import BrokenPromise, Story, relative

INTRODUCTION = """\
The real cdk CLI deploys app.py onto an embedded AWS on this machine (loopback only, no account).
CloudFormation calls the custom resource's Lambda, and a local Neo really compiles."""
ENDING = """\
Where to look next
  README.md                      what it is, and how to deploy to a real account
  app.py                         the app that was deployed
  neoctl local start             the embedded AWS for your own app; then eval "$(neoctl local env)"
  {logs}  the logs of this run"""


def interrupt(_number: int, _frame: FrameType | None) -> None:
    """Turn a request to end into the interruption that everything here cleans up after."""
    raise KeyboardInterrupt


def play(story: Story) -> None:
    """Everything, in order."""
    story.networks()
    story.bootstrap()
    story.first_deploy()
    story.numbers()
    story.again()
    story.change()
    story.breakage()
    story.destroy()


def epilogue(tell: Teller, data: Path) -> None:
    """Tell what was done, how long it took and where to go."""
    spent = tell.spent()
    print(flush=True)
    tell.line("Done; every claim above was checked. What it took:")
    for number, (title, seconds) in enumerate(spent, start=1):
        tell.line(f"  {seconds:5.1f} s  {number}. {title}")
    print(flush=True)
    print(ENDING.format(logs=relative(data / "logs").ljust(29)), flush=True)


def prepare(aws: EmbeddedAws, work: Path) -> None:
    """Stop and remove what an earlier run left."""
    with contextlib.suppress(EmbeddedError):
        aws.stop()
    for folder in (aws.data, work):
        shutil.rmtree(folder, ignore_errors=True)
    work.mkdir(parents=True)


def main() -> int:
    """Run the demonstration. 0: every claim held; 1: one did not; 130: interrupted."""
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--data", type=Path, default=ROOT / ".neo-local" / "demo")
    options = parser.parse_args()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
    folder = options.data.absolute()
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"another demonstration runs in {relative(folder)}", file=sys.stderr)
            return 1
        return show(EmbeddedAws(folder / "aws"), folder / "work")


def show(aws: EmbeddedAws, work: Path) -> int:
    """Play the story, say how it ended, and take everything down whatever happens."""
    tell, code = Teller(), 1
    print(INTRODUCTION, flush=True)
    try:
        prepare(aws, work)
        tell.chapter("The embedded AWS starts")
        aws.start("--wait-scale", "0.05")
        tell.line(f"  AWS {aws.variables()['AWS_ENDPOINT_URL']}, data in {relative(aws.data)}")
        play(Story(aws, work, tell))
        code = 0
    except (BrokenPromise, EmbeddedError) as error:
        tell.line(f"FAILED: {error}")
        tell.line(f"The logs: {relative(aws.data / 'logs')}")
    except KeyboardInterrupt:
        code = 130
        print("\ninterrupted: taking everything down", file=sys.stderr, flush=True)
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)  # an impatient second Ctrl-C leaves no process
        aws.stop()
    if code == 0:
        epilogue(tell, aws.data)
    return code


if __name__ == "__main__":
    sys.exit(main())
