"""neoctl: the verbs, loaded when they are run, and the place where errors become messages.

Nothing heavy is imported here: `--help`, `--version` and shell completion cost click alone.
Exit codes: 0 done or nothing to do, 1 error (wrong usage included), 130 interrupted; a verb's own
help names what it adds.
"""

from __future__ import annotations

import importlib
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NoReturn

import click

VERBS: Mapping[str, str] = MappingProxyType(
    {
        "apply": "Make the account agree with specs, or carry out a plan.",
        "artifacts": "Show what jobs compiled, check it, download it.",
        "build": "Render specs as CreateCompilationJob requests.",
        "ci": "Write the workflow of a pipeline: ci init.",
        "comment": "Write a plan as a comment on a pull request.",
        "destroy": "Stop the jobs that specs declare, and delete their records.",
        "doctor": "Check whether an account is fit for compilation jobs.",
        "drift": "Report what became of declared jobs behind their declarations' back.",
        "explain": "Explain a rule, or why a job failed.",
        "export": "Write declared jobs for the AWS CLI, the CDK or CloudFormation.",
        "import": "Write a spec of existing jobs, which are kept as they are.",
        "init": "Write a first spec for a model file.",
        "inspect": "Read a model file: framework, inputs, shapes.",
        "local": "Run the embedded AWS: start, stop, status, env.",
        "logs": "Show what the compiler wrote about a job.",
        "plan": "Show what would be created, stopped and retagged, and why (alias: diff).",
        "prune": "Delete old records of jobs that nothing needs.",
        "publish": "Upload specs for a ContinuousReconciliation to bring about.",
        "report": "Write how jobs are, and were, as one HTML page.",
        "schema": "Print the JSON schema of spec files, for editors.",
        "show": "Show a plan that was written to a file.",
        "status": "Show how jobs are, and why failed ones failed.",
        "stop": "Stop live jobs, by name or as specs declare them.",
        "validate": "Check specs against what Neo is known to refuse.",
        "verify": "Check that a compiled artifact is what was ordered.",
        "wait": "Wait until jobs are compiled, or have ended.",
    }
)
"""Every verb and its line in `neoctl --help`; the module `reconciler.cli.<verb>` has the rest."""

INTERRUPTED = 130
WORDS = "neoctl.words"
"""Under this key a context's meta has the words after ``neoctl``, as they were given."""

ALIASES: Mapping[str, str] = MappingProxyType({"diff": "plan"})


class LazyGroup(click.Group):
    """A group whose commands are imported when they are run, not when they are listed."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the words as click does, and keep them for verbs that say how to go on."""
        ctx.meta[WORDS] = tuple(args)
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's
        """Return the names of the verbs."""
        return sorted(VERBS)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the verb as click does, and suggest one for a misspelt name."""
        name = args[0]
        if name not in VERBS and not name.startswith("-"):
            from reconciler.rules.suggestion import did_you_mean

            ctx.fail(f"unknown command {name}. {did_you_mean(name, VERBS)}".rstrip())
        return super().resolve_command(ctx, args)

    def get_command(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's
        cmd_name: str,
    ) -> click.Command | None:
        """Import and return the command of a verb."""
        verb = ALIASES.get(cmd_name, cmd_name)
        if verb not in VERBS:
            return None
        command = importlib.import_module(f"reconciler.cli.{verb}").command
        assert isinstance(command, click.Command)
        return command

    def format_commands(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's
        formatter: click.HelpFormatter,
    ) -> None:
        """Write the list of verbs, from the table alone."""
        with formatter.section("Commands"):
            formatter.write_dl(sorted(VERBS.items()))

    def shell_complete(
        self, ctx: click.Context, incomplete: str
    ) -> list[click.shell_completion.CompletionItem]:
        """Complete a verb, from the table alone."""
        item = click.shell_completion.CompletionItem
        verbs = [item(name, help=text) for name, text in VERBS.items()]
        own = [found for found in verbs if found.value.startswith(incomplete)]
        options = click.Command.shell_complete(self, ctx, incomplete)
        return own + options


def print_version(ctx: click.Context, _param: click.Parameter, wanted: bool) -> None:
    """Print the version of the installed package."""
    if wanted and not ctx.resilient_parsing:
        from importlib.metadata import version  # drags the email package in: not for every run

        click.echo(f"neoctl {version('neo-as-code')}")
        ctx.exit()


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 done, 1 error, 130 interrupted. Data goes to stdout, the rest to stderr.",
)
@click.option(
    "--version",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=print_version,
    help="Print the version and exit.",
)
def command() -> None:
    """Amazon SageMaker Neo compilation jobs as code."""


def run(arguments: Sequence[str] | None = None, outside: object = None) -> int:
    """Run neoctl and return its exit code; errors have been printed on stderr.

    Args:
        arguments: The words after ``neoctl``; by default the process's own.
        outside: What verbs reach instead of AWS (``reconciler.cli.options.outside.Outside``).
    """
    try:
        code = command.main(args=arguments, prog_name="neoctl", standalone_mode=False, obj=outside)
    except click.exceptions.Abort:
        return INTERRUPTED
    except click.ClickException as error:
        error.show()
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        return _reader_went_away()
    except OSError as error:
        where = f": {error.filename}" if error.filename else ""
        click.echo(f"Error: {error.strerror or error}{where}", err=True)
        return 1
    return code if isinstance(code, int) else 0


def _reader_went_away() -> int:
    """Exit quietly when the reader of a pipe has closed it (`neoctl ... | head`)."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def open_closed_streams() -> None:
    """Replace standard streams that were closed (`neoctl … >&-`) by the null device."""
    sys.stdin = sys.stdin or open(os.devnull, encoding="utf-8")  # noqa: SIM115, PTH123 - stays open
    sys.stdout = sys.stdout or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 - stays open
    sys.stderr = sys.stderr or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 - stays open


def main() -> None:
    """Run the program. SIGTERM, which pipelines end jobs with, is taken as Ctrl-C."""
    open_closed_streams()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    code = run()
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        code = _reader_went_away()
    if code == INTERRUPTED:
        _leave_at_once(code)
    sys.exit(code)


def _leave_at_once(code: int) -> NoReturn:
    """Exit without taking the interpreter down, which takes long on a busy machine."""
    sys.stderr.flush()
    os._exit(code)
