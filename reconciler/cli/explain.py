"""``neoctl explain``: what a finding's code means, why, and what to do."""

from __future__ import annotations

import click

from reconciler.cli.rule_pages import index, markdown, page_of, rules


def _complete(
    _ctx: click.Context, _param: click.Parameter, incomplete: str
) -> list[click.shell_completion.CompletionItem]:
    known = sorted(rules().items())
    return [
        click.shell_completion.CompletionItem(code, help=rule.title)
        for code, rule in known
        if code.startswith(incomplete.upper())
    ]


@click.command()
@click.argument("code", required=False, shell_complete=_complete)
@click.option("--list", "listed", is_flag=True, help="List all rules.")
@click.pass_context
def command(ctx: click.Context, code: str | None, listed: bool) -> None:
    """Explain a finding's CODE (NEO204): what it means, why, what to do."""
    if listed or code is None:
        click.echo(index() if listed else ctx.get_help())
        return
    page = page_of(code.upper())
    if page is None:
        from reconciler.rules.suggestion import nearest

        near = nearest(code.upper(), rules())
        raise click.ClickException(
            f"no rule is called {code}" + (f"; did you mean {near}?" if near else "")
        )
    click.echo(markdown(page), nl=False)
